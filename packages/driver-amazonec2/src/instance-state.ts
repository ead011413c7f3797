import type { Instance } from "@aws-sdk/client-ec2";
import type { Options } from "./options.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { ownerTag, valuesOf } from "./tags.ts";

/** Options that are part of a machine, or of what it stands on: those that it is made with. */
export const machineOptions = [
  ...([
    "ami",
    "instance-type",
    "userdata",
    "iam-instance-profile",
    "monitoring",
    "use-ebs-optimized-instance",
  ] as const),
  ...(["root-size", "volume-type", "volume-iops", "device-name", "encrypt-ebs-volume", "kms-key"] as const),
  ...(["vpc-id", "zone", "subnet-id", "ipv6-address-count", "enable-primary-ipv6", "security-group"] as const),
  ...(["ssh-user", "ssh-port", "keypair-name", "ssh-keypath", "http-endpoint", "http-protocol-ipv6"] as const),
  ...(["http-tokens", "http-put-response-hop-limit", "request-spot-instance", "spot-price", "spot-fallback"] as const),
];

/** Props that are changed in place; all others recreate the machine. */
export const changeable = new Set([
  ...["instance-type", "root-size", "security-group", "ssh-user", "ssh-port", "ssh-keypath", "spot-fallback"],
  ...["tags", "name", "group", "members"],
]);

/** By which address a machine is reached; `elastic`: by one that is joined to it later. */
export type Reach = "public" | "private" | "ipv6" | "elastic";

/** `group`, `members` and `keyPair` are the ids of the resources it stands on, or empty; records of a version before lack `members`. */
export type InstanceProps = Pick<Options, (typeof machineOptions)[number]> & {
  place: ProviderEndpoint;
  name: string;
  group: string;
  members: string;
  keyPair: string;
  tags: { [key: string]: string };
  reach: Reach;
};

export type InstanceState = {
  place: ProviderEndpoint;
  id: string;
  /** EC2's own word: pending, running, stopping, stopped, shutting-down. */
  status: string;
  type: string;
  imageId: string;
  zone: string;
  volumeId: string;
  /** Its network interface. */
  cardId: string;
  host: string;
  privateHost: string;
  tags: { [key: string]: string };
  /** Keys of those tags that were put there because they were asked for; others may have put more. */
  ownTags: string[];
  /** Whether it bears its own mark, not just its place in a list. */
  named: boolean;
  user: string;
  port: number;
  keyPath: string;
  reach: Reach;
};

/** What is known of an instance. `user` as the image has it, where the props name none. */
export function stateOf(
  instance: Instance,
  place: ProviderEndpoint,
  props: InstanceProps,
  { user, ownTags = [] }: Partial<InstanceState> & Pick<InstanceState, "user">,
): InstanceState {
  const { [ownerTag]: owner, ...tags } = valuesOf(instance.Tags);
  const { PublicIpAddress = "", PrivateIpAddress = "", NetworkInterfaces: [card] = [] } = instance;
  const ipv6 = card?.Ipv6Addresses?.[0]?.Ipv6Address ?? "";
  // An elastic address is another object's to tell.
  const hosts = { public: PublicIpAddress, private: PrivateIpAddress, ipv6, elastic: "" };
  const root = instance.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === instance.RootDeviceName);
  return {
    place,
    id: instance.InstanceId ?? "",
    status: instance.State?.Name ?? "pending",
    type: instance.InstanceType ?? "",
    imageId: instance.ImageId ?? "",
    zone: instance.Placement?.AvailabilityZone ?? "",
    volumeId: root?.Ebs?.VolumeId ?? "",
    cardId: card?.NetworkInterfaceId ?? "",
    host: hosts[props.reach] ?? "",
    privateHost: PrivateIpAddress,
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith("machinist:"))),
    // What was asked for once stays known as ours while it is there, so that it goes when it is asked for no more.
    ownTags: [...new Set([...ownTags, ...Object.keys(props.tags ?? {})])]
      .filter((key) => key in tags && !isMachineName(key, tags[key], props))
      .sort(),
    named: owner !== undefined,
    user: props["ssh-user"] || user,
    port: props["ssh-port"],
    keyPath: props["ssh-keypath"],
    reach: props.reach,
  };
}

/** Keys of tags that were asked for once and are no more. */
export const droppedTags = (
  { ownTags = [] }: Partial<InstanceState>,
  { tags }: Pick<InstanceProps, "tags">,
): string[] => ownTags.filter((key) => !(key in tags));

/** The tag Name has the machine's own name where none is asked for, and is taken off nobody. */
const isMachineName = (key: string, value: string | undefined, { name }: Pick<InstanceProps, "name">): boolean =>
  key === "Name" && value === name;
