import type { Subnet } from "@aws-sdk/client-ec2";
import { MachinistError, retry } from "@machinist/core";
import { singleFlight } from "@machinist/requests";
import type { Account } from "./account.ts";
import { findImage } from "./images.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { only } from "./tags.ts";

/** What is asked for, as far as it must be there already. Empty: whatever fits. */
export interface LaunchSpec {
  readonly place: ProviderEndpoint;
  readonly image: string;
  readonly type: string;
  readonly zone: string;
  readonly vpcId: string;
  readonly subnetId: string;
  /** The user's own security groups, by name or id. */
  readonly theirGroups: readonly string[];
  /** The user's own key pair. */
  readonly keyName: string;
  readonly rootSize: number;
}

/** What a machine is made from and put into. */
export interface ResolvedInputs {
  readonly imageId: string;
  readonly user: string;
  readonly device: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
}

/** How long what was looked up is believed, in ms: from the check to the end of the making of a large fleet. */
const freshMs = 300_000;

export type Lookups = ReturnType<typeof createLookups>;

/** Looks up what machines stand on, once for all machines that ask for the same. Nothing here changes anything. */
export function createLookups(account: Account) {
  const patient = <K, T>(look: (key: K, signal: AbortSignal) => Promise<T>) =>
    singleFlight(
      (key: K) => {
        const signal = AbortSignal.timeout(freshMs);
        return retry(() => look(key, signal), { clock: account.clock, signal });
      },
      { freshMs, nameOf: (key) => JSON.stringify(key), now: () => account.clock.now() },
    );

  const vpcOf = patient(
    async ({ place, vpcId, subnetId }: Pick<LaunchSpec, "place" | "vpcId" | "subnetId">, signal) => {
      if (subnetId !== "") return (await subnetOf(account, { place, vpcId, subnetId }, signal)).VpcId ?? "";
      const which = vpcId === "" ? only("is-default", "true") : only("vpc-id", vpcId);
      const { Vpcs = [] } = await account.at(place, signal)((ec2, options) => ec2.describeVpcs(which, options));
      if (Vpcs[0]?.VpcId) return Vpcs[0].VpcId;
      if (vpcId === "")
        throw new MachinistError("amazonec2.no-default-vpc", `The account has no default VPC in ${place.region}`, {
          hint: "Give --amazonec2-vpc-id or --amazonec2-subnet-id, or make one: aws ec2 create-default-vpc",
        });
      throw new MachinistError("amazonec2.vpc", `There is no VPC ${vpcId} in ${place.region}`, {
        hint: "Look at --amazonec2-vpc-id and --amazonec2-region: aws ec2 describe-vpcs",
      });
    },
  );

  const of = patient(async (wish: LaunchSpec, signal): Promise<ResolvedInputs> => {
    const vpcId = await vpcOf({ place: wish.place, vpcId: wish.vpcId, subnetId: wish.subnetId });
    const looks = [
      imageFor(account, wish, signal),
      place(account, wish, vpcId, signal),
      groupsOf(account, wish, vpcId, signal),
      keyOf(account, wish, signal),
    ] as const;
    // An unknown type is also in no zone: the first of these says more than whichever answers first.
    const failed = (await Promise.allSettled(looks)).find((look) => look.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const [made, subnet, groupIds] = await Promise.all(looks);
    return { ...made, vpcId, subnetId: subnet.SubnetId ?? "", groupIds };
  });
  const blocksOf = patient(
    async (wish: Pick<LaunchSpec, "place" | "vpcId" | "subnetId">, signal): Promise<string[]> => {
      const { place, vpcId: given, subnetId } = wish;
      const vpcId = await vpcOf({ place, vpcId: given, subnetId });
      const { Vpcs: [vpc] = [] } = await account.at(
        place,
        signal,
      )((ec2, o) => ec2.describeVpcs(only("vpc-id", vpcId), o));
      const all = (vpc?.CidrBlockAssociationSet ?? [])
        .filter(({ CidrBlockState }) => CidrBlockState?.State === "associated")
        .flatMap(({ CidrBlock }) => CidrBlock ?? []);
      return all.length > 0 ? all : [vpc?.CidrBlock ?? ""].filter((block) => block !== "");
    },
  );

  return { vpcOf, of, blocksOf };
}

async function imageFor(account: Account, { place, type, image: name, rootSize }: LaunchSpec, signal: AbortSignal) {
  const { InstanceTypes = [] } = await account.at(
    place,
    signal,
  )((ec2, options) => ec2.describeInstanceTypes(only("instance-type", type), options));
  const architectures = InstanceTypes[0]?.ProcessorInfo?.SupportedArchitectures;
  if (!architectures)
    throw new MachinistError("amazonec2.instance-type", `There is no instance type ${type} in ${place.region}`, {
      hint: "Look at --amazonec2-instance-type: aws ec2 describe-instance-types --query 'InstanceTypes[].InstanceType'",
    });
  const { image, user } = await findImage((work) => account.at(place, signal)(work), name, architectures);
  const device = image.RootDeviceName ?? "/dev/sda1";
  const least = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === device)?.Ebs?.VolumeSize ?? 0;
  if (least > rootSize)
    throw new MachinistError(
      "amazonec2.root-size",
      `The image ${name} needs a root disk of ${least} GiB, not ${rootSize}`,
      {
        hint: `Give --amazonec2-root-size ${least}`,
      },
    );
  return { imageId: image.ImageId ?? "", user, device };
}

async function subnetOf(
  account: Account,
  { place, vpcId, subnetId }: Pick<LaunchSpec, "place" | "vpcId" | "subnetId">,
  signal: AbortSignal,
) {
  const { Subnets: [subnet] = [] } = await account.at(
    place,
    signal,
  )((ec2, options) => ec2.describeSubnets(only("subnet-id", subnetId), options));
  if (!subnet || (vpcId !== "" && subnet.VpcId !== vpcId))
    throw new MachinistError(
      "amazonec2.subnet",
      subnet
        ? `The subnet ${subnetId} is in ${subnet.VpcId}, not in ${vpcId}`
        : `There is no subnet ${subnetId} in ${place.region}`,
      {
        hint: "Look at --amazonec2-subnet-id and --amazonec2-vpc-id: aws ec2 describe-subnets",
      },
    );
  return subnet;
}

/** The subnet asked for, or the first of the VPC in a zone that has the instance type. */
async function place(account: Account, wish: LaunchSpec, vpcId: string, signal: AbortSignal): Promise<Subnet> {
  const zone = wish.zone === "" ? "" : `${wish.place.region}${wish.zone}`;
  const offered = account.at(
    wish.place,
    signal,
  )((ec2, options) =>
    ec2.describeInstanceTypeOfferings(
      { LocationType: "availability-zone", ...only("instance-type", wish.type) },
      options,
    ),
  );
  const given = wish.subnetId !== "";
  const [{ InstanceTypeOfferings = [] }, subnets] = await Promise.all([
    offered,
    given
      ? [await subnetOf(account, { ...wish, vpcId }, signal)]
      : account
          .at(
            wish.place,
            signal,
          )((ec2, options) => ec2.describeSubnets(only("vpc-id", vpcId), options))
          .then(({ Subnets = [] }) => Subnets),
  ]);
  const inZone = subnets.filter(({ AvailabilityZone }) => zone === "" || AvailabilityZone === zone);
  if (inZone.length === 0)
    throw new MachinistError(
      "amazonec2.zone",
      given
        ? `The subnet ${wish.subnetId} is in ${subnets[0]?.AvailabilityZone}, not in ${zone}`
        : `${vpcId} has no subnet${zone === "" ? "" : ` in ${zone}`}`,
      {
        hint: "Give another --amazonec2-zone or --amazonec2-subnet-id: aws ec2 describe-subnets",
      },
    );
  const zones = new Set(InstanceTypeOfferings.map(({ Location }) => Location));
  const fitting = inZone.filter(({ AvailabilityZone }) => zones.has(AvailabilityZone)).toSorted(byPreference);
  if (fitting[0]) return fitting[0];
  throw new MachinistError(
    "amazonec2.instance-type-zone",
    `${inZone.map(({ AvailabilityZone }) => AvailabilityZone).join(", ")}: no ${wish.type} there`,
    {
      hint: `It is available in ${[...zones].sort().join(", ") || "no zone of the region"}: give --amazonec2-zone or another --amazonec2-instance-type`,
    },
  );
}

const byPreference = (one: Subnet, other: Subnet): number =>
  Number(other.DefaultForAz ?? false) - Number(one.DefaultForAz ?? false) ||
  Number((other.AvailableIpAddressCount ?? 0) > 0) - Number((one.AvailableIpAddressCount ?? 0) > 0) ||
  `${one.AvailabilityZone} ${one.SubnetId}`.localeCompare(`${other.AvailabilityZone} ${other.SubnetId}`);

async function groupsOf(
  account: Account,
  { place, theirGroups }: LaunchSpec,
  vpcId: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (theirGroups.length === 0) return [];
  const { SecurityGroups = [] } = await account.at(
    place,
    signal,
  )((ec2, options) => ec2.describeSecurityGroups(only("vpc-id", vpcId), options));
  return theirGroups.map((wanted) => {
    const found = SecurityGroups.find(({ GroupId, GroupName }) => GroupId === wanted || GroupName === wanted)?.GroupId;
    if (found) return found;
    throw new MachinistError("amazonec2.security-group", `There is no security group ${wanted} in ${vpcId}`, {
      hint: "Make it, or leave --amazonec2-security-group out: then the fleet gets one of its own",
    });
  });
}

async function keyOf(account: Account, { place, keyName }: LaunchSpec, signal: AbortSignal): Promise<void> {
  if (keyName === "") return;
  const { KeyPairs = [] } = await account.at(
    place,
    signal,
  )((ec2, options) => ec2.describeKeyPairs(only("key-name", keyName), options));
  if (KeyPairs.length === 0)
    throw new MachinistError("amazonec2.key-pair", `There is no key pair ${keyName} in ${place.region}`, {
      hint: "Look at --amazonec2-keypair-name: aws ec2 describe-key-pairs; or leave it out, then one is made",
    });
}
