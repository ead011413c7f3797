import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bootSecretPath } from "@machinist/cloud-init";
import {
  type Call,
  type DriverContext,
  isFleetScope,
  isMachinistError,
  type ResourceType,
  scopeOf,
} from "@machinist/core";
import { batch } from "@machinist/requests";
import type { Account } from "./account.ts";
import { nameOf } from "./errors.ts";
import {
  changeable,
  droppedTags,
  type InstanceProps,
  type InstanceState,
  machineOptions,
  stateOf,
} from "./instance-state.ts";
import { changeType, refuseUnoffered } from "./instance-type.ts";
import { launcher, readUserData, requestOf, tagAnew } from "./launch.ts";
import { type instanceLook, isGone } from "./look.ts";
import type { Lookups, ResolvedInputs } from "./lookups.ts";
import { setPower } from "./power.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { grow, refuseShrink } from "./root-disk.ts";

type InstanceCall = Call<InstanceProps>;

export const wishOf = (props: InstanceProps) => ({
  place: props.place,
  image: props.ami,
  type: props["instance-type"],
  zone: props.zone,
  vpcId: props["vpc-id"],
  subnetId: props["subnet-id"],
  theirGroups: props["security-group"],
  keyName: props["keypair-name"],
  rootSize: props["root-size"],
});

/** A machine with its root disk, which ends with it. */
export function instanceKind(
  account: Account,
  ground: Lookups,
  look: ReturnType<typeof instanceLook>,
  machineDir: DriverContext["machineDir"],
): ResourceType<InstanceProps, InstanceState> {
  const launch = launcher(account, machineDir);
  const terminate = terminator(account);
  const find = async (call: InstanceCall & { state: InstanceState | undefined }) => {
    const { state, props, fleet, owner, signal } = call;
    const place = state?.place ?? (await account.here(props.place));
    const found = await look({ place, fleet, owner, id: state?.id ?? "" }, signal);
    if (!found || isGone(found)) {
      const why = found?.StateReason;
      if (why?.Message && !why.Code?.includes("UserInitiated")) call.log(`EC2 ended it: ${why.Message}`, "warn");
      return undefined;
    }
    const user = state ? state.user : props["ssh-user"] || (await ground.of(wishOf(props))).user;
    return stateOf(found, place, props, { ...state, user });
  };

  return {
    concurrency: 1000,
    pollIntervalMs: 3000,
    consistencyWindowMs: 60_000,
    requiresReplace: immutable,
    read: find,
    async create(call) {
      const { props, dependencies, signal } = call;
      const here = await ground.of(wishOf(props));
      const request = requestOf(
        props,
        here,
        groupsOf(call, here),
        props["keypair-name"] || String(dependencies[props.keyPair]?.name ?? ""),
      );
      const instance = await launch({ call, request, userData: await readUserData(props.userdata) }, signal);
      return stateOf(instance, await account.here(props.place), props, here);
    },
    async update(call) {
      const { state, props, changed, signal } = call;
      const ask = account.at(state.place, signal);
      if (!state.named || ["tags", "name"].some((each) => changed.includes(each))) await tagAnew(ask, call);
      if (["group", "members", "security-group"].some((each) => changed.includes(each))) {
        const Groups = groupsOf(call, await ground.of(wishOf(props)));
        await ask((ec2, o) => ec2.modifyInstanceAttribute({ InstanceId: state.id, Groups }, o));
      }
      if (changed.includes("root-size")) await grow(ask, state, props["root-size"]);
      const at = { place: state.place, id: state.id, signal };
      if (state.type !== props["instance-type"]) await changeType(account, look, state, props["instance-type"], signal);
      if (state.type !== props["instance-type"] || !["running", "pending"].includes(state.status))
        await setPower(account, look, at, "running");
      return (await find({ ...call, state: { ...state, user: props["ssh-user"] || state.user } })) ?? state;
    },
    requiresRestart: ["instance-type"],
    async check({ state, props, changed, signal }) {
      if (changed.includes("root-size")) await refuseShrink(account.at(state.place, signal), state, props["root-size"]);
      if (changed.includes("instance-type") && state.type !== props["instance-type"])
        await refuseUnoffered(account, state, props["instance-type"], signal);
    },
    async delete({ id, state, signal }) {
      await terminate({ place: state.place, id: state.id }, signal);
      // Whoever takes its place has another host key, maybe at the same address.
      if (isFleetScope(scopeOf(id))) return; // an orphan: no machine of ours
      const folder = machineDir(scopeOf(id));
      await Promise.all([bootSecretPath(folder), join(folder, "known_hosts")].map((path) => rm(path, { force: true })));
    },
    ready: ({ status, host, reach }) =>
      status === "pending"
        ? "EC2 to start it"
        : status !== "running" || host !== "" || reach === "elastic" || "an address",
    drift: (state, props) => [
      ...(state.named ? [] : ["name"]),
      ...(state.type === props["instance-type"] ? [] : ["instance-type"]),
      ...(Object.entries(props.tags).every(([key, value]) => state.tags[key] === value) &&
      droppedTags(state, props).length === 0
        ? []
        : ["tags"]),
      // What is declared is a machine that runs.
      ...(state.status === "stopped" || state.status === "stopping" ? ["running"] : []),
    ],
  };
}

const immutable = ["place", "keyPair", "reach", ...machineOptions].filter((prop) => !changeable.has(prop));

const groupsOf = (
  { dependencies, props }: Pick<InstanceCall, "dependencies" | "props">,
  { groupIds }: ResolvedInputs,
): string[] => [
  ...new Set([
    ...[props.group, props.members].flatMap((id) => (id === "" ? [] : String(dependencies[id]?.id))),
    ...groupIds,
  ]),
];

/** Ends many in one request; where that fails, each by itself, so that one does not keep the others. */
function terminator(account: Account) {
  return batch<{ place: ProviderEndpoint; id: string }, true>({
    clock: account.clock,
    most: 100,
    keyOf: ({ place }) => JSON.stringify(place),
    async run(all, signal) {
      const end = (...InstanceIds: string[]) =>
        account.at(all[0]!.place, signal, true)((ec2, o) => ec2.terminateInstances({ InstanceIds }, o));
      try {
        await end(...new Set(all.map(({ id }) => id)));
        return all.map(() => true);
      } catch (error) {
        if (isMachinistError(error) && error.retryable) throw error;
        return Promise.all(
          all.map(({ id }) =>
            end(id).then(
              () => true as const,
              (failure) => (nameOf(failure) === "InvalidInstanceID.NotFound" ? true : failure),
            ),
          ),
        );
      }
    },
  });
}
