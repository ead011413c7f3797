import { type Call, isMachinistError, MachinistError, type ResourceType, retry } from "@machinist/core";
import type { Account } from "./account.ts";
import { nameOf } from "./errors.ts";
import type { Ingress, Way } from "./ingress.ts";
import type { Lookups } from "./lookups.ts";
import { forgetGroup, fromGroup, peersOf } from "./members.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { asWritten, members, permissionsOf, rulesOf, wantedRules, without } from "./rules.ts";
import { born, ofOwner, only } from "./tags.ts";

/** `from`: CIDR blocks, or `auto`; they reach `ports`, everybody reaches `open`. `members`: those of the fleet reach all. */
export type GroupProps = {
  place: ProviderEndpoint;
  vpcId: string;
  subnetId: string;
  from: string[];
  addressService: string;
  ports: number[];
  open: string[];
  members?: true;
  /** Where `from` has `auto`. */
  way?: Way;
};
/** `from`: the blocks as they were last known; `rules`: what the group lets in; `peers`: ids of other groups of members. */
export type GroupState = {
  place: ProviderEndpoint;
  id: string;
  vpcId: string;
  from: string[];
  rules: string[];
  peers?: string[];
};

const wanted = ({ from, peers = [] }: GroupState, props: GroupProps): string[] =>
  props.members ? [members, ...peers.map(fromGroup)] : wantedRules(from, props.ports, props.open);

/** What a fleet's machines let in. Whatever else the group lets in is taken out again: it is ours alone. */
export function securityGroupKind(
  account: Account,
  { vpcOf }: Lookups,
  blocksOf: Ingress,
): ResourceType<GroupProps, GroupState> {
  const look = async (call: Call<GroupProps> & { state?: GroupState | undefined }): Promise<GroupState | undefined> => {
    const { props, owner, signal, state } = call;
    const place = state?.place ?? (await account.here(props.place));
    const which = state ? only("group-id", state.id) : ofOwner(owner);
    const { SecurityGroups: [found] = [] } = await account.at(
      place,
      signal,
    )((ec2, o) => ec2.describeSecurityGroups(which, o));
    if (!found?.GroupId) return undefined;
    const from = await blocksOf(props).catch((error) => {
      if (state) return state.from; // away from its network a fleet is still to be had, and removed
      throw error;
    });
    const { GroupId: id, VpcId: vpcId = "" } = found;
    const peers = await peersIn(call, place, vpcId, id);
    return { place, id, vpcId, from, rules: rulesOf(found.IpPermissions, id), ...peers };
  };

  const peersIn = async (
    { props, owner, signal }: Call<GroupProps>,
    place: ProviderEndpoint,
    vpcId: string,
    id: string,
  ) => (props.members ? { peers: await peersOf(account.at(place, signal), owner, vpcId, id) } : {});

  /** Whoever comes later to a VPC also lets those in who came before, and is let in by them. */
  const apply = async ({ props, signal }: Call<GroupProps>, state: GroupState): Promise<GroupState> => {
    const [rules, ask] = [wanted(state, props), account.at(state.place, signal)];
    const [missing, extra] = [without(rules, state.rules.map(asWritten)), without(state.rules, rules)];
    const request = (which: string[], GroupId = state.id) => ({
      ...{ GroupId, IpPermissions: permissionsOf(which, GroupId) },
    });
    // First: while its own rules are missing, whoever was killed here does it again.
    for (const peer of missing.includes(members) ? (state.peers ?? []) : [])
      await ask((ec2, o) => ec2.authorizeSecurityGroupIngress(request([fromGroup(state.id)], peer), o)).catch(known);
    if (missing.length > 0) await ask((ec2, o) => ec2.authorizeSecurityGroupIngress(request(missing), o)).catch(stale);
    if (extra.length > 0) await ask((ec2, o) => ec2.revokeSecurityGroupIngress(request(extra), o)).catch(stale);
    return { ...state, rules };
  };

  const mend = async (call: Call<GroupProps> & { state?: GroupState }): Promise<GroupState> => {
    const state = await look(call);
    if (!state) throw unseen(call);
    return apply(call, state);
  };

  const make = async (call: Call<GroupProps>): Promise<GroupState> => {
    const { props, owner, fleet, signal } = call;
    const place = await account.here(props.place);
    const VpcId = await vpcOf(props);
    const request = {
      GroupName: owner, // unique in a VPC: asked for twice, it is there once
      Description: `machinist: what the machines of ${fleet} let in`.slice(0, 255),
      VpcId,
      TagSpecifications: born("security-group", call, fleet),
    };
    const from = await blocksOf(props);
    const made = await account
      .at(
        place,
        signal,
      )((ec2, o) => ec2.createSecurityGroup(request, o))
      .catch((error) => {
        if (nameOf(error) !== "InvalidGroup.Duplicate") throw error;
        return undefined;
      });
    if (!made?.GroupId) return mend(call);
    const peers = await peersIn(call, place, VpcId, made.GroupId);
    return apply(call, { place, id: made.GroupId, vpcId: VpcId, from, rules: [], ...peers });
  };

  return {
    concurrency: 1000,
    pollIntervalMs: 3000,
    consistencyWindowMs: 60_000,
    requiresReplace: ["place", "vpcId", "subnetId"],
    read: look,
    // A group and its rules are two requests: whoever finds one without the other in a later run mends it.
    create: async (call) => {
      try {
        return await retry(() => make(call), { clock: account.clock, signal: call.signal });
      } catch (error) {
        if (!isMachinistError(error)) throw error;
        throw new MachinistError(error.code, error.message, {
          cause: error,
          ...(error.hint ? { hint: error.hint } : {}),
        });
      }
    },
    update: mend,
    drift(state, props) {
      const rules = wanted(state, props);
      const differing = [...without(rules, state.rules.map(asWritten)), ...without(state.rules, rules)];
      return differing.length === 0 ? [] : ["rules"];
    },
    async delete({ state, signal }) {
      const ask = account.at(state.place, signal, true);
      await forgetGroup(ask, state.id).catch(stale);
      await ask((ec2, o) => ec2.deleteSecurityGroup({ GroupId: state.id }, o)).catch((error) => {
        if (nameOf(error) !== "InvalidGroup.NotFound") throw error;
      });
    },
  };
}

/** Somebody else was quicker, or what is seen is old: look again. */
function stale(error: unknown): never {
  if (!/^InvalidPermission\.(Duplicate|NotFound)$|^InvalidGroup\.NotFound$/.test(nameOf(error))) throw error;
  throw new MachinistError("amazonec2.stale", "The rules of the security group just changed", {
    cause: error,
    retryable: true,
  });
}

/** It is let in already, or the other is gone meanwhile. */
function known(error: unknown): void {
  if (!/^InvalidPermission\.Duplicate$|^InvalidGroup\.NotFound$/.test(nameOf(error))) throw error;
}

const unseen = ({ id }: Pick<Call, "id">): MachinistError =>
  new MachinistError("amazonec2.hidden", `${id} was made and cannot be seen yet`, { retryable: true });
