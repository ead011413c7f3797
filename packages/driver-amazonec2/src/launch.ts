import { readFile } from "node:fs/promises";
import type { Instance, RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { newBootSecret, readBootSecret, userData, writeBootSecret } from "@machinist/cloud-init";
import { type Call, type DriverContext, MachinistError, ownerSpent, scopeOf } from "@machinist/core";
import { gather } from "@machinist/requests";
import type { Account } from "./account.ts";
import type { Ground } from "./ground.ts";
import type { InstanceProps } from "./instance-state.ts";
import { isGone } from "./look.ts";
import { fleetTag, memberTags, ownerTag, tagsOf, tokenOf } from "./marks.ts";

/** The largest group whose marks fit into the tags of one request, beside the user's own. */
const most = 40;
/** EC2's limit on user-data, in bytes, before base64. */
const userDataLimit = 16_384;

export interface Launch {
  readonly call: Call<InstanceProps>;
  readonly request: Omit<RunInstancesCommandInput, "MinCount" | "MaxCount">;
  readonly userData: string;
}

/** Asks for one instance; those who ask for the same at the same moment share one request. */
export function launcher(account: Account, machineDir: DriverContext["machineDir"]) {
  return gather<Launch, Instance>({
    clock: account.clock,
    most,
    quietMs: 50,
    keyOf: ({ request, userData, call: { fleet, props } }) =>
      JSON.stringify([fleet, props.place, props.tags, request, userData]),
    async run(launches, signal) {
      // In one order always: a request that is made again by the same members is the same request.
      const members = launches.map(({ call }) => call).toSorted((one, other) => (one.owner < other.owner ? -1 : 1));
      const { request, userData: text } = launches[0]!;
      const secret = await shareSecret(members.map(({ id }) => machineDir(scopeOf(id))));
      const whole = {
        ...request,
        UserData: encoded(userData({ bootSecret: secret, ...(text === "" ? {} : { userData: text }) })),
        TagSpecifications: tagged(members),
        MinCount: 1,
        MaxCount: members.length,
      };
      const instances = await run(account, members, whole, signal);
      return launches.map(({ call }) => {
        const index = members.indexOf(call);
        return (
          instances.find(({ AmiLaunchIndex = 0 }) => AmiLaunchIndex === index) ??
          tooFew(members.length, instances.length)
        );
      });
    },
  });
}

async function run(account: Account, members: Launch["call"][], whole: RunInstancesCommandInput, signal: AbortSignal) {
  const { place, spotFallback } = members[0]!.props;
  const send = async (request: RunInstancesCommandInput, ClientToken: string) => {
    const made = await account.at(place, signal)((ec2, o) => ec2.runInstances({ ...request, ClientToken }, o));
    const instances = made.Instances ?? [];
    if (instances.length > 0 && instances.every(isGone))
      throw new MachinistError(ownerSpent, "The instances of this request have ended since");
    return instances;
  };
  const owners = members.map(({ owner }) => owner);
  const { InstanceMarketOptions: spot, ...onDemand } = whole;
  try {
    return await send(whole, tokenOf(owners, whole));
  } catch (error) {
    const none = error instanceof MachinistError && /^amazonec2\.(capacity|quota)$/.test(error.code);
    if (!(spot && spotFallback && none)) throw error;
    members[0]!.log("No spot instance is to be had now; an on-demand instance is taken");
    return send(onDemand, tokenOf([...owners, ""], onDemand));
  }
}

/** Tags on all that comes with an instance, from its first moment. */
function tagged(members: readonly Launch["call"][]) {
  const { fleet, props, owner } = members[0]!;
  const own =
    members.length === 1
      ? { Name: props.name, [ownerTag]: owner }
      : { Name: fleet, ...memberTags(members.map((each) => each.owner)) };
  const Tags = tagsOf({ ...props.tags, [fleetTag]: fleet, ...own });
  return (["instance", "volume", "network-interface"] as const).map((ResourceType) => ({ ResourceType, Tags }));
}

/** One secret for all of a batch, since they share their user-data; the one they have if they asked before. */
async function shareSecret(folders: readonly string[]): Promise<string> {
  const [known, ...others] = new Set(await Promise.all(folders.map(readBootSecret)));
  if (known !== undefined && others.length === 0) return known;
  const secret = newBootSecret();
  await Promise.all(folders.map((folder) => writeBootSecret(folder, secret)));
  return secret;
}

function encoded(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= userDataLimit) return bytes.toString("base64");
  throw new MachinistError(
    "amazonec2.userdata",
    `The user-data has ${bytes.length} bytes with ours; EC2 takes ${userDataLimit}`,
    {
      hint: "Put the larger part behind a URL: #include",
    },
  );
}

/** The user's own user-data; empty without. */
export async function readUserData(path: string): Promise<string> {
  if (path === "") return "";
  return readFile(path, "utf8").catch((cause) => {
    throw new MachinistError("amazonec2.userdata", `The user-data ${path} cannot be read`, {
      cause,
      hint: "Look at --amazonec2-userdata",
    });
  });
}

const tooFew = (asked: number, made: number): MachinistError =>
  new MachinistError("amazonec2.capacity", `EC2 had room for ${made} of ${asked} machines`, {
    retryable: true,
    hint: "Give another --amazonec2-zone or --amazonec2-instance-type",
  });

/** What is asked for, as EC2 wants it: the same for all machines that differ in name only. */
export function requestOf(
  props: InstanceProps,
  ground: Ground,
  groups: readonly string[],
  keyName: string,
): Launch["request"] {
  const spot = {
    SpotInstanceType: "one-time" as const,
    ...(props.spotPrice === "" ? {} : { MaxPrice: props.spotPrice }),
  };
  return {
    ImageId: ground.imageId,
    InstanceType: props.type as NonNullable<RunInstancesCommandInput["InstanceType"]>,
    ...(keyName === "" ? {} : { KeyName: keyName }),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: ground.subnetId,
        Groups: [...groups],
        AssociatePublicIpAddress: props.reach === "public",
        DeleteOnTermination: true,
        ...(props.ipv6 > 0 ? { Ipv6AddressCount: props.ipv6, PrimaryIpv6: props.primaryIpv6 } : {}),
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: props.device || ground.device,
        Ebs: {
          VolumeSize: props.rootSize,
          VolumeType: props.volumeType as "gp3",
          Encrypted: props.encrypted,
          DeleteOnTermination: true,
          ...(props.kmsKey === "" ? {} : { KmsKeyId: props.kmsKey }),
          ...(props.iops === 0 ? {} : { Iops: props.iops }),
        },
      },
    ],
    MetadataOptions: props.metadata as NonNullable<RunInstancesCommandInput["MetadataOptions"]>,
    Monitoring: { Enabled: props.monitoring },
    ...(props.ebsOptimized ? { EbsOptimized: true } : {}),
    ...(props.iamProfile === ""
      ? {}
      : {
          IamInstanceProfile: props.iamProfile.startsWith("arn:")
            ? { Arn: props.iamProfile }
            : { Name: props.iamProfile },
        }),
    ...(props.spot ? { InstanceMarketOptions: { MarketType: "spot", SpotOptions: spot } } : {}),
  };
}
