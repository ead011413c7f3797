import type { Tag } from "@aws-sdk/client-ec2";
import type { Data, MarkedObject } from "@machinist/core";
import type { Account } from "./account.ts";
import { isGone, listInstances } from "./look.ts";
import { fleetTag, marked, ownerOf, valuesOf } from "./marks.ts";
import { placeOf } from "./plan.ts";

/** Everything in a region that bears an owner mark, in the order in which it can be removed. */
export async function listMarked(account: Account, options: Data, signal: AbortSignal): Promise<MarkedObject[]> {
  const place = placeOf(options);
  const ask = account.at(place, signal);
  const [instances, addresses, groups, keys] = await Promise.all([
    listInstances(ask, marked),
    ask((ec2, o) => ec2.describeAddresses(marked, o)),
    ask((ec2, o) => ec2.describeSecurityGroups(marked, o)),
    ask((ec2, o) => ec2.describeKeyPairs(marked, o)),
  ]);
  const object = (
    kind: string,
    id: string,
    tags: Tag[] | undefined,
    more: { launch?: number; at?: Date | undefined; state?: Data } = {},
  ): MarkedObject => {
    const { [fleetTag]: fleet = "", Name = "" } = valuesOf(tags);
    const owner = ownerOf(tags, more.launch) ?? "";
    const label = Name === "" ? id : `${id} (${Name})`;
    return {
      kind: `amazonec2.${kind}`,
      owner,
      fleet,
      label,
      state: { place, id, ...more.state },
      ...(more.at ? { createdAt: more.at.getTime() } : {}),
    };
  };
  return [
    ...instances
      .filter((instance) => !isGone(instance))
      .map(({ InstanceId = "", Tags, AmiLaunchIndex: launch = 0, LaunchTime: at }) =>
        object("instance", InstanceId, Tags, { launch, at }),
      ),
    ...(addresses.Addresses ?? []).map(({ AllocationId = "", Tags }) => object("elastic-address", AllocationId, Tags)),
    ...(groups.SecurityGroups ?? []).map(({ GroupId = "", Tags }) => object("security-group", GroupId, Tags)),
    ...(keys.KeyPairs ?? []).map(({ KeyPairId = "", KeyName = "", Tags, CreateTime: at }) =>
      object("key-pair", KeyPairId, Tags, { at, state: { name: KeyName } }),
    ),
  ];
}
