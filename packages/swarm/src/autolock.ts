import type { Call, EngineApi } from "@machinist/core";
import { isPassing, swarmObject } from "./api-types.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { SwarmOptions } from "./options.ts";
import type { ClusterProps } from "./plan.ts";
import { patiently } from "./poll.ts";
import type { Answer, Manager } from "./survey.ts";
import { isKept, isLocked, keepKey, unlockMachine } from "./unlock.ts";

/** What `again` names to have the unlock key changed. */
export const ROTATE = "rotate-key";

/** How a Swarm stands with its lock; nothing where it has none. */
export async function lockState(
  options: SwarmOptions,
  { fleet, signal }: Call<ClusterProps>,
  manager: Manager,
  answers: readonly Answer[],
): Promise<Partial<ClusterState>> {
  const locked = lockedMachines(answers);
  if (manager.info.Cluster?.Spec?.EncryptionConfig?.AutoLockManagers !== true)
    return locked.length > 0 ? { locked } : {};
  const keyKept = await isKept(options, fleet, manager.engine, signal);
  return { autolock: true, keyKept, ...(locked.length > 0 ? { locked } : {}) };
}

export const lockedMachines = (answers: readonly Answer[]): string[] =>
  answers.filter(({ info }) => info !== undefined && isLocked(info)).map(({ machine }) => machine);

/** What of its lock is not as it should be. A lock that others set is theirs, but its key is kept all the same. */
export function lockDrift(state: ClusterState, props: ClusterProps): string[] {
  const found: string[] = [];
  if (props.autolock !== undefined && props.autolock !== (state.autolock ?? false)) found.push("autolock");
  if (state.keyKept === false) found.push("unlock-key");
  if ((state.locked ?? []).length > 0) found.push("unlocked");
  return found;
}

type UpdateCall = Call<ClusterProps> & { readonly state: ClusterState; readonly changed: readonly string[] };

export const unlockAll = (options: SwarmOptions, { fleet, state, signal }: UpdateCall) =>
  Promise.all((state.locked ?? []).map((machine) => unlockMachine(options, fleet, machine, signal)));

/** Set the lock as wanted, change its key where that was asked for, and keep the key. */
export async function applyLock(options: SwarmOptions, call: UpdateCall, engine: EngineApi): Promise<void> {
  const { fleet, props, changed, signal } = call;
  const set = changed.includes("autolock");
  const rotate = changed.includes(ROTATE);
  if (set || rotate)
    await patiently(() => updateSwarm(engine, set ? (props.autolock ?? false) : undefined, rotate, signal), {
      signal,
      forMs: 15_000,
      passing: isPassing,
    });
  await keepKey(options, fleet, engine, signal);
}

async function updateSwarm(
  engine: EngineApi,
  autolock: boolean | undefined,
  rotate: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { Version, Spec } = await swarmObject(engine, { signal });
  const EncryptionConfig = {
    ...Spec.EncryptionConfig,
    ...(autolock === undefined ? {} : { AutoLockManagers: autolock }),
  };
  await engine.request("POST", `/swarm/update?version=${Version.Index}&rotateManagerUnlockKey=${rotate}`, {
    signal,
    body: { ...Spec, EncryptionConfig },
  });
}
