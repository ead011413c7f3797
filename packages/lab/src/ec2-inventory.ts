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
  const lines = await Promise.all(looks.map((look) => list(moto, region, look)));
  return lines.flat();
}

async function list(moto: string, region: string, { action, what, items, id }: Look): Promise<string[]> {
  const answer = await fetch(moto, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=lab/20260101/${region}/ec2/aws4_request`,
    },
    body: new URLSearchParams({
      Action: action,
      Version: "2016-11-15",
      ...(what === "instance" ? { MaxResults: "1000" } : {}),
    }).toString(),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${action}: ${text}`);
  return items(parseXml(text)).flatMap((item) => {
    const state = textOf(item, "instanceState", "name") || textOf(item, "status");
    if (state === "terminated" || textOf(item, "groupName") === "default") return [];
    const tags = itemsOf(item, "tagSet").map((tag) => `${textOf(tag, "key")}=${textOf(tag, "value")}`);
    return [[what, textOf(item, id), state, ...tags.sort()].filter((word) => word !== "").join(" ")];
  });
}
