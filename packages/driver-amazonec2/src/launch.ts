import { readFile } from "node:fs/promises";
import type { Instance, RunInstancesCommandInput, Tag } from "@aws-sdk/client-ec2";
import { newBootSecret, readBootSecret, userData, writeBootSecret } from "@machinist/cloud-init";
import {
  type Call,
  type DriverContext,
  isMachinistError,
  MachinistError,
  ownerSpent,
  retry,
  scopeOf,
} from "@machinist/core";
import { batch } from "@machinist/requests";
import type { Account, Ask } from "./account.ts";
import { droppedTags, type InstanceProps, type InstanceState } from "./instance-state.ts";
import { isGone } from "./look.ts";
import type { ResolvedInputs } from "./lookups.ts";
import { fleetTag, memberTags, ownerTag, tagsOf, tokenOf } from "./tags.ts";

/** The largest group whose marks fit into the tags of one request, beside the user's own. */
const most = 40;
/** EC2's limit on user-data, in bytes, before base64. */
const userDataLimit = 16_384;

export interface Launch {
  readonly call: Call<InstanceProps>;
  readonly request: Omit<RunInstancesCommandInput, "MinCount" | "MaxCount">;
  readonly userData: string;
}

type Member = Launch["call"];
type Request = Launch["request"];

/** Asks for one instance; those who ask for the same at the same moment share one request. */
export function launcher(account: Account, machineDir: DriverContext["machineDir"]) {
  return batch<Launch, Instance>({
    clock: account.clock,
    most,
    quietMs: 50,
    keyOf: ({ request, userData, call: { fleet, props } }) =>
      JSON.stringify([fleet, props.place, props.tags, request, userData]),
    async run(launches, signal) {
      const { request, userData: text } = launches[0]!;
      const made = new Map<Member, Instance>();
      // In one order always: a request that is made again by the same members is the same request.
      let left = launches.map(({ call }) => call).toSorted((one, other) => (one.owner < other.owner ? -1 : 1));
      try {
        while (left.length > 0) {
          const secret = await shareSecret(left.map(({ id }) => machineDir(scopeOf(id))));
          const UserData = encoded(text, secret);
          for (const instance of await launch(account, left, { ...request, UserData }, signal))
            made.set(left[instance.AmiLaunchIndex ?? 0]!, instance);
          // There was room for some of them only: the others ask again, until there is none at all.
          left = left.filter((call) => !made.has(call));
        }
      } catch (error) {
        if (made.size === 0) throw error;
        return launches.map(({ call }) => made.get(call) ?? (error as Error));
      }
      return launches.map(({ call }) => made.get(call)!);
    },
  });
}

/** One request, at least one instance. Its token makes it safe to repeat when the answer was lost. */
async function launch(account: Account, members: Member[], request: Request, signal: AbortSignal): Promise<Instance[]> {
  const { place, "spot-fallback": fallback } = members[0]!.props;
  const owners = members.map(({ owner }) => owner);
  const send = async (wanted: Request, ...salt: string[]) => {
    const whole = { ...wanted, TagSpecifications: tagged(members), MinCount: 1, MaxCount: members.length };
    const ClientToken = tokenOf([...owners, ...salt], whole);
    const ask = account.at(place, signal);
    const again = () => ask((ec2, o) => ec2.runInstances({ ...whole, ClientToken }, o));
    const { Instances = [] } = await retry(again, { clock: account.clock, signal });
    if (Instances.every(isGone)) throw new MachinistError(ownerSpent, "The instances of this request have ended since");
    // Together, so that they are looked at together from then on. One that stays without a name of its own is known by its
    // place in the list of its batch, and named by a later run.
    const named = ({ InstanceId = "", Tags = [], AmiLaunchIndex = 0, ...rest }: Instance) =>
      name(ask, members[AmiLaunchIndex]!, InstanceId).then(
        (own) => ({ ...rest, InstanceId, AmiLaunchIndex, Tags: [...Tags, ...own] }),
        () => ({ ...rest, InstanceId, AmiLaunchIndex, Tags }),
      );
    return members.length === 1 ? Instances : Promise.all(Instances.map(named));
  };
  const { InstanceMarketOptions: spot, ...onDemand } = request;
  try {
    return await send(request);
  } catch (error) {
    const none = isMachinistError(error) && /^amazonec2\.(capacity|quota)$/.test(error.code);
    if (!(spot && fallback && none)) throw error;
    members[0]!.log("No spot instance is to be had now; an on-demand instance is taken");
    return send(onDemand, "on-demand");
  }
}

/** Puts its own name and mark on an instance, with the user's tags. */
async function name(ask: Ask, { owner, props }: Member, id: string): Promise<Tag[]> {
  const Tags = tagsOf({ Name: props.name, ...props.tags, [ownerTag]: owner });
  await ask((ec2, o) => ec2.createTags({ Resources: [id], Tags }, o));
  return Tags;
}

/** What an instance bears now, and with it its disk and its network interface. */
export async function tagAnew(ask: Ask, call: Member & { readonly state: InstanceState }): Promise<void> {
  const { state, props } = call;
  const parts = [state.volumeId, state.cardId].filter((id) => id !== "");
  const Resources = [state.id, ...parts];
  const dropped = droppedTags(state, props).map((Key) => ({ Key }));
  // First: the name that a dropped one was in the place of is put back with the others.
  if (dropped.length > 0) await ask((ec2, o) => ec2.deleteTags({ Resources, Tags: dropped }, o));
  const Tags = tagsOf({ Name: props.name, ...props.tags });
  if (parts.length > 0) await ask((ec2, o) => ec2.createTags({ Resources: parts, Tags }, o));
  await name(ask, call, state.id);
}

/** Tags on all that comes with an instance, from its first moment. */
function tagged(members: readonly Member[]) {
  const { fleet, props, owner } = members[0]!;
  const own =
    members.length === 1
      ? { Name: props.name, [ownerTag]: owner }
      : { Name: fleet, ...memberTags(members.map((each) => each.owner)) };
  const Tags = tagsOf({ ...own, ...props.tags, [fleetTag]: fleet });
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

function encoded(text: string, bootSecret: string): string {
  const bytes = Buffer.from(userData({ bootSecret, ...(text === "" ? {} : { userData: text }) }));
  if (bytes.length <= userDataLimit) return bytes.toString("base64");
  const sentence = `The user-data has ${bytes.length} bytes with ours; EC2 takes ${userDataLimit}`;
  throw new MachinistError("amazonec2.userdata-size", sentence, { hint: "Put the larger part behind a URL: #include" });
}

/** The user's own user-data, which is found to fit in beside ours; empty without. */
export async function readUserData(path: string): Promise<string> {
  if (path === "") return "";
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new MachinistError("amazonec2.userdata", `The user-data ${path} cannot be read`, {
      cause,
      hint: "Look at --amazonec2-userdata",
    });
  });
  encoded(text, newBootSecret());
  return text;
}

/** What is asked for, as EC2 wants it: the same for all machines that differ in name only. */
export function requestOf(
  props: InstanceProps,
  ground: ResolvedInputs,
  groups: readonly string[],
  keyName: string,
): Launch["request"] {
  const profile = props["iam-instance-profile"];
  const request = {
    ImageId: ground.imageId,
    InstanceType: props["instance-type"],
    KeyName: keyName,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: ground.subnetId,
        Groups: [...groups],
        AssociatePublicIpAddress: props.reach === "public",
        DeleteOnTermination: true,
        Ipv6AddressCount: props["ipv6-address-count"] || undefined,
        PrimaryIpv6: props["enable-primary-ipv6"] || undefined,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: props["device-name"] || ground.device,
        Ebs: {
          VolumeSize: props["root-size"],
          VolumeType: props["volume-type"],
          Encrypted: props["encrypt-ebs-volume"],
          DeleteOnTermination: true,
          KmsKeyId: props["kms-key"] || undefined,
          Iops: props["volume-iops"] || undefined,
        },
      },
    ],
    MetadataOptions: {
      HttpEndpoint: props["http-endpoint"],
      HttpTokens: props["http-tokens"],
      HttpPutResponseHopLimit: props["http-put-response-hop-limit"],
      HttpProtocolIpv6: props["http-protocol-ipv6"],
    },
    Monitoring: { Enabled: props.monitoring },
    EbsOptimized: props["use-ebs-optimized-instance"] || undefined,
    IamInstanceProfile: profile === "" ? undefined : profile.startsWith("arn:") ? { Arn: profile } : { Name: profile },
    InstanceMarketOptions: props["request-spot-instance"]
      ? {
          MarketType: "spot",
          SpotOptions: { SpotInstanceType: "one-time", MaxPrice: props["spot-price"] || undefined },
        }
      : undefined,
  };
  // The schema's words are EC2's own, which the SDK has as its types.
  return request as Launch["request"];
}
