import type { Data, OwnedResource } from "@machinist/core";
import type { Account } from "./account.ts";
import { isGone, listInstances } from "./look.ts";
import { placeOf } from "./plan.ts";
import { fleetTag, marked, ownerOf, valuesOf } from "./tags.ts";

/** Everything in a region that carries an owner tag, in the order in which it can be removed. */
export async function listMarked(account: Account, options: Data, signal: AbortSignal): Promise<OwnedResource[]> {
  const place = placeOf(options);
  const ask = account.at(place, signal);
  const [instances, { Addresses = [] }, { SecurityGroups = [] }, { KeyPairs = [] }] = await Promise.all([
    listInstances(ask, marked),
    ask((ec2, o) => ec2.describeAddresses(marked, o)),
    ask((ec2, o) => ec2.describeSecurityGroups(marked, o)),
    ask((ec2, o) => ec2.describeKeyPairs(marked, o)),
  ]);
  const all = [
    ...instances
      .filter((each) => !isGone(each))
      .map((each) => ({ ...each, kind: "instance", id: each.InstanceId, at: each.LaunchTime })),
    ...Addresses.map((each) => ({ ...each, kind: "elastic-address", id: each.AllocationId })),
    ...SecurityGroups.map((each) => ({ ...each, kind: "security-group", id: each.GroupId })),
    ...KeyPairs.map((each) => ({
      ...each,
      kind: "key-pair",
      id: each.KeyPairId,
      name: each.KeyName,
      at: each.CreateTime,
    })),
  ];
  return all.flatMap(({ kind, id = "", Tags, AmiLaunchIndex, name, at }: Found) => {
    const owner = ownerOf(Tags, AmiLaunchIndex);
    if (owner === undefined) return [];
    const { [fleetTag]: fleet = "", Name = "" } = valuesOf(Tags);
    const label = Name === "" ? id : `${id} (${Name})`;
    const state = { place, id, ...(name === undefined ? {} : { name }) };
    return [{ kind: `amazonec2.${kind}`, owner, fleet, label, state, ...(at ? { createdAt: at.getTime() } : {}) }];
  });
}

interface Found {
  readonly kind: string;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly at?: Date | undefined;
  readonly Tags?: { Key?: string | undefined; Value?: string | undefined }[] | undefined;
  readonly AmiLaunchIndex?: number | undefined;
}
