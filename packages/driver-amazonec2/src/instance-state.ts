import type { Instance } from "@aws-sdk/client-ec2";
import type { Place } from "./account.ts";
import { ownerTag, valuesOf } from "./marks.ts";

/** By which address a machine is reached; `elastic`: by one that is joined to it later. */
export type Reach = "public" | "private" | "ipv6" | "elastic";

/** `group` and `keyPair` are the ids of the resources it stands on, or empty. */
export type InstanceProps = {
  place: Place;
  name: string;
  image: string;
  type: string;
  zone: string;
  vpcId: string;
  subnetId: string;
  group: string;
  theirGroups: string[];
  keyPair: string;
  keyName: string;
  rootSize: number;
  volumeType: string;
  iops: number;
  device: string;
  encrypted: boolean;
  kmsKey: string;
  iamProfile: string;
  monitoring: boolean;
  ebsOptimized: boolean;
  ipv6: number;
  primaryIpv6: boolean;
  metadata: { HttpEndpoint: string; HttpTokens: string; HttpPutResponseHopLimit: number; HttpProtocolIpv6: string };
  spot: boolean;
  spotPrice: string;
  spotFallback: boolean;
  tags: { [key: string]: string };
  userData: string;
  reach: Reach;
  user: string;
  port: number;
  keyPath: string;
};

/** What is changed in place; all else makes the machine anew. */
export const changeable = [
  "type",
  "rootSize",
  "group",
  "theirGroups",
  "tags",
  "name",
  "user",
  "port",
  "keyPath",
  "spotFallback",
];

export type InstanceState = {
  place: Place;
  id: string;
  /** EC2's own word: pending, running, stopping, stopped, shutting-down. */
  status: string;
  type: string;
  imageId: string;
  zone: string;
  volumeId: string;
  groups: string[];
  host: string;
  privateHost: string;
  tags: { [key: string]: string };
  /** Whether it bears its own mark, not just its place in a list. */
  named: boolean;
  user: string;
  port: number;
  keyPath: string;
  reach: Reach;
};

/** What is known of an instance. `user` as the image has it, where the props name none. */
export function stateOf(instance: Instance, place: Place, props: InstanceProps, user: string): InstanceState {
  const { [ownerTag]: owner, ...tags } = valuesOf(instance.Tags);
  const { PublicIpAddress = "", PrivateIpAddress = "", NetworkInterfaces: [card] = [] } = instance;
  const ipv6 = card?.Ipv6Addresses?.[0]?.Ipv6Address ?? "";
  // An elastic address is another object's to tell.
  const hosts = { public: PublicIpAddress, private: PrivateIpAddress, ipv6, elastic: "" };
  return {
    place,
    id: instance.InstanceId ?? "",
    status: instance.State?.Name ?? "pending",
    type: instance.InstanceType ?? "",
    imageId: instance.ImageId ?? "",
    zone: instance.Placement?.AvailabilityZone ?? "",
    volumeId:
      instance.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === instance.RootDeviceName)?.Ebs?.VolumeId ??
      "",
    groups: (instance.SecurityGroups ?? []).map(({ GroupId = "" }) => GroupId).sort(),
    host: hosts[props.reach] ?? "",
    privateHost: PrivateIpAddress,
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith("machinist:"))),
    named: owner !== undefined,
    user: props.user || user,
    port: props.port,
    keyPath: props.keyPath,
    reach: props.reach,
  };
}
