import { type Call, isMachinistError, type Kind, MachinistError, retry, same } from "@machinist/core";
import type { Account } from "./account.ts";
import { nameOf } from "./errors.ts";
import type { Grounds } from "./ground.ts";
import { born, ofOwner, only } from "./marks.ts";
import type { ownAddress } from "./own-address.ts";
import type { Place } from "./place.ts";
import { permissionsOf, rulesOf, wantedRules } from "./rules.ts";

/** `from`: CIDR blocks, or `auto`; they reach `ports`, everybody reaches `open`. */
export type GroupProps = {
  place: Place;
  vpcId: string;
  subnetId: string;
  from: string[];
  addressService: string;
  ports: number[];
  open: string[];
};
/** `from`: the blocks as they were last known; `rules`: what the group lets in. */
export type GroupState = { place: Place; id: string; vpcId: string; from: string[]; rules: string[] };

const wanted = ({ from }: GroupState, { ports, open }: GroupProps): string[] => wantedRules(from, ports, open);

/** What a fleet's machines let in. Whatever else the group lets in is taken out again: it is ours alone. */
export function securityGroupKind(
  account: Account,
  { vpcOf }: Grounds,
  blocks: ReturnType<typeof ownAddress>,
): Kind<GroupProps, GroupState> {
  const look = async ({ props, owner, signal, state }: Call<GroupProps> & { state?: GroupState | undefined }) => {
    const place = state?.place ?? (await account.here(props.place));
    const which = state ? only("group-id", state.id) : ofOwner(owner);
    const { SecurityGroups: [found] = [] } = await account.at(
      place,
      signal,
    )((ec2, o) => ec2.describeSecurityGroups(which, o));
    if (!found?.GroupId) return undefined;
    const from = await blocks(props.from, props.addressService).catch((error) => {
      if (state) return state.from; // away from its network a fleet is still to be had, and removed
      throw error;
    });
    const { GroupId: id, VpcId: vpcId = "" } = found;
    return { place, id, vpcId, from, rules: rulesOf(found.IpPermissions, id) };
  };

  const mend = async (call: Call<GroupProps> & { state?: GroupState }): Promise<GroupState> => {
    const state = await look(call);
    if (!state) throw unseen(call);
    const [rules, ask] = [wanted(state, call.props), account.at(state.place, call.signal)];
    const [missing, extra] = [
      rules.filter((rule) => !state.rules.includes(rule)),
      state.rules.filter((rule) => !rules.includes(rule)),
    ];
    const request = (which: string[]) => ({ GroupId: state.id, IpPermissions: permissionsOf(which, state.id) });
    if (missing.length > 0) await ask((ec2, o) => ec2.authorizeSecurityGroupIngress(request(missing), o)).catch(stale);
    if (extra.length > 0) await ask((ec2, o) => ec2.revokeSecurityGroupIngress(request(extra), o)).catch(stale);
    return { ...state, rules };
  };

  const make = async (call: Call<GroupProps>): Promise<GroupState> => {
    const { props, owner, fleet, signal } = call;
    const place = await account.here(props.place);
    const request = {
      GroupName: owner, // unique in a VPC: asked for twice, it is there once
      Description: `machinist: what the machines of ${fleet} let in`.slice(0, 255),
      VpcId: await vpcOf(props),
      TagSpecifications: born("security-group", call, fleet),
    };
    const from = await blocks(props.from, props.addressService);
    const ask = account.at(place, signal);
    const made = await ask((ec2, o) => ec2.createSecurityGroup(request, o)).catch((error) => {
      if (nameOf(error) !== "InvalidGroup.Duplicate") throw error;
      return undefined;
    });
    if (!made?.GroupId) return mend(call);
    const rules = wantedRules(from, props.ports, props.open);
    const permissions = { GroupId: made.GroupId, IpPermissions: permissionsOf(rules, made.GroupId) };
    if (rules.length > 0) await ask((ec2, o) => ec2.authorizeSecurityGroupIngress(permissions, o));
    return { place, id: made.GroupId, vpcId: request.VpcId, from, rules };
  };

  return {
    concurrency: 1000,
    pollMs: 3000,
    settleMs: 60_000,
    immutable: ["place", "vpcId", "subnetId"],
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
    drift: (state, props) => (same(state.rules, wanted(state, props)) ? [] : ["rules"]),
    async delete({ state, signal }) {
      const ask = account.at(state.place, signal, true);
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

const unseen = ({ id }: Pick<Call, "id">): MachinistError =>
  new MachinistError("amazonec2.hidden", `${id} was made and cannot be seen yet`, { retryable: true });
