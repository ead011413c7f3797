import { type Emit, fleetScope, MachinistError, type ScopeRecord, scopeOf } from "@machinist/core";
import type { ClusterState } from "@machinist/swarm";
import type { Outcome, RunControl } from "../api.ts";
import { hintOf } from "../hint-of.ts";
import { Operation } from "../operation.ts";
import { asDone, outcomeOf } from "../outcome.ts";
import type { Workspace } from "../workspace.ts";
import { recorded } from "./up.ts";

interface SwarmWork {
  readonly operation: Operation;
  readonly record: ScopeRecord;
  readonly state: ClusterState;
  readonly startedAt: number;
}

/** Begin a Swarm without majority again from one manager. Throws `swarm.has-leader`, `swarm.not-manager`, `swarm.none`. */
export function recoverSwarm(
  workspace: Workspace,
  fleet: string,
  options: RunControl & { readonly from: string },
  emit: Emit,
): Promise<Outcome> {
  return withSwarm(workspace, fleet, options, emit, async ({ operation, state, startedAt }) => {
    const { from } = options;
    const record = await workspace.record(from);
    if (record.fleet !== fleet)
      throw new MachinistError("machine.taken", `${from} is a machine of fleet ${record.fleet}, not of ${fleet}`, {
        hint: `Name a manager of ${fleet}: machinist ls`,
      });
    const { recoverSwarm } = await import("@machinist/swarm");
    const { signal } = operation;
    const log = (message: string, level: "debug" | "info" | "warn" | "error" = "info") =>
      emit({ type: "log", id: `${fleetScope(fleet)}/swarm`, level, message });
    await recoverSwarm(operation.services.swarm, { fleet, from, state, signal, log });
    const machines = [{ name: from, result: "done" as const, ms: Date.now() - startedAt }];
    return { ok: true, cancelled: false, changed: 1, machines, failures: [], ms: Date.now() - startedAt };
  });
}

/** Change the unlock key of a Swarm that locks itself, and keep the new one. Throws `swarm.not-locking`. */
export function rotateSwarmKey(workspace: Workspace, fleet: string, options: RunControl, emit: Emit): Promise<Outcome> {
  return withSwarm(workspace, fleet, options, emit, async ({ operation, record, state, startedAt }) => {
    if (state.autolock !== true)
      throw new MachinistError("swarm.not-locking", `The Swarm of ${fleet} does not lock itself: it has no key`, {
        hint: "Write `swarm: { autolock: true }` into the manifest, then: machinist up",
      });
    const { ROTATE } = await import("@machinist/swarm");
    const id = `${fleetScope(fleet)}/swarm`;
    const wanted = recorded(record).filter((each) => each.id === id);
    const untouched = new Set(Object.keys(record.resources).filter((each) => each !== id));
    // What it comes after is not held here, and need not be looked at.
    const cluster = wanted.map(({ after: _after, ...rest }) => rest);
    const outcomes = await operation.converge([scopeOf(id)], cluster, { untouched, again: new Map([[id, [ROTATE]]]) });
    return asDone(outcomeOf(outcomes, [], { startedAt }));
  });
}

async function withSwarm(
  workspace: Workspace,
  fleet: string,
  options: RunControl,
  emit: Emit,
  work: (swarm: SwarmWork) => Promise<Outcome>,
): Promise<Outcome> {
  const startedAt = Date.now();
  const scope = fleetScope(fleet);
  const operation = new Operation(workspace, emit, options.signal ?? new AbortController().signal);
  try {
    await operation.lock([scope]);
    const record = await operation.load(scope);
    if (record === undefined)
      throw new MachinistError("fleet.unknown", `There is no fleet ${JSON.stringify(fleet)}`, {
        hint: hintOf(fleet, await workspace.fleetNames()) ?? "See which machines there are: machinist ls",
      });
    const state = record.resources[`${scope}/swarm`]?.state as ClusterState | undefined;
    if (state === undefined)
      throw new MachinistError("swarm.none", `Fleet ${fleet} has no Swarm`, {
        hint: "Give a group `swarm: manager` in the manifest, then: machinist up",
      });
    return await work({ operation, record, state, startedAt });
  } finally {
    await operation.close();
  }
}
