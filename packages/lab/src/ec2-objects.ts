import { type Element, itemsOf, textOf } from "./ec2-xml.ts";

/** Where the objects of an answer stand, and which element is their id. Instances stand one deeper. */
const sets: Readonly<Record<string, readonly [set: string, id: string]>> = {
  DescribeInstances: ["instancesSet", "instanceId"],
  DescribeSecurityGroups: ["securityGroupInfo", "groupId"],
  DescribeKeyPairs: ["keySet", "keyName"],
  DescribeAddresses: ["addressesSet", "allocationId"],
};

/** Ids that a creating request's answer names. */
export function bornIn(action: string, root: Element, form: URLSearchParams): string[] {
  if (action === "RunInstances") return itemsOf(root, "instancesSet").map((item) => textOf(item, "instanceId"));
  if (action === "CreateSecurityGroup") return [textOf(root, "groupId")];
  if (action === "ImportKeyPair") return [form.get("KeyName") ?? ""];
  return action === "AllocateAddress" ? [textOf(root, "allocationId")] : [];
}

/** Ids that a changing request speaks of. */
export const namedIn = (form: URLSearchParams): string[] =>
  [...form].flatMap(([key, value]) =>
    /^(InstanceId|ResourceId|GroupId|AllocationId)(\.\d+)?$/.test(key) ? [value] : [],
  );

/** Change the objects that an answer shows: `keep` gives each as it is to be seen, or undefined. */
export function reshape(action: string, root: Element, keep: (id: string, item: Element) => Element | undefined): void {
  const [set, id] = sets[action] ?? [];
  if (set === undefined || id === undefined) return;
  const holders = action === "DescribeInstances" ? itemsOf(root, "reservationSet") : [root];
  for (const holder of holders) {
    const list = holder.children.find(({ name }) => name === set);
    if (!list) continue;
    const shown = list.children.flatMap((item) => keep(textOf(item, id), item) ?? []);
    list.children.splice(0, list.children.length, ...shown);
  }
}
