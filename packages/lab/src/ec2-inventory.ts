import { type Element, itemsOf, parseXml, textOf } from "./ec2-xml.ts";

interface Look {
  readonly action: string;
  readonly what: string;
  readonly items: (root: Element) => readonly Element[];
  readonly id: string;
}

const looks: readonly Look[] = [
  {
    action: "DescribeInstances",
    what: "instance",
    items: (root) => itemsOf(root, "reservationSet").flatMap((each) => itemsOf(each, "instancesSet")),
    id: "instanceId",
  },
  { action: "DescribeVolumes", what: "volume", items: (root) => itemsOf(root, "volumeSet"), id: "volumeId" },
  { action: "DescribeAddresses", what: "address", items: (root) => itemsOf(root, "addressesSet"), id: "allocationId" },
  {
    action: "DescribeSecurityGroups",
    what: "security-group",
    items: (root) => itemsOf(root, "securityGroupInfo"),
    id: "groupId",
  },
  { action: "DescribeKeyPairs", what: "key-pair", items: (root) => itemsOf(root, "keySet"), id: "keyName" },
];

/** What there is in a region, as moto itself says: `WHAT ID STATE key=value …`. */
export async function inventory(moto: string, region: string): Promise<string[]> {
  const lines: string[] = [];
  for (const look of looks) lines.push(...(await list(moto, region, look)));
  return lines;
}

async function list(moto: string, region: string, { action, what, items, id }: Look): Promise<string[]> {
  const limit = what === "instance" ? { MaxResults: "1000" } : {};
  const text = await ask(moto, region, { Action: action, Version: "2016-11-15", ...limit });
  return items(parseXml(text)).flatMap((item) => {
    const state = textOf(item, "instanceState", "name") || textOf(item, "status");
    if (state === "terminated" || textOf(item, "groupName") === "default") return [];
    const tags = itemsOf(item, "tagSet").map((tag) => `${textOf(tag, "key")}=${textOf(tag, "value")}`);
    return [[what, textOf(item, id), state, ...tags.sort()].filter((word) => word !== "").join(" ")];
  });
}

/** moto's threads share what they look at, so that it may stumble over a change: then it is asked again. */
async function ask(moto: string, region: string, parameters: Record<string, string>, tries = 3): Promise<string> {
  const answer = await fetch(moto, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=lab/20260101/${region}/ec2/aws4_request`,
    },
    body: new URLSearchParams(parameters).toString(),
  });
  const text = await answer.text();
  if (answer.status === 200) return text;
  if (answer.status >= 500 && tries > 1) return ask(moto, region, parameters, tries - 1);
  throw new Error(`${parameters.Action}: ${text}`);
}
