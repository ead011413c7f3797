import {
  asMachinistError,
  type Emit,
  fleetScope,
  type ResourceOutcome,
  RolloutLimiter,
  type ScopeRecord,
} from "@machinist/core";
import type { Failure, Outcome, RunControl } from "../api.ts";
import { beyondReach } from "../beyond-reach.ts";
import { refuseLastManager } from "../last-manager.ts";
import { Operation } from "../operation.ts";
import { failed, failureOf, join, outcomeOf } from "../outcome.ts";
import { forgetEmpty } from "../settle-records.ts";
import type { Workspace } from "../workspace.ts";
import { releaseShared } from "./create.ts";

export interface RemoveOptions extends RunControl {
  /** Forget a machine even when it cannot be removed where it is. */
  readonly force?: boolean;
  /** Forget a machine on a host of the user's own that does not answer, and leave what is on that host. */
  readonly leaveUnreachable?: boolean;
  /** Asked under the machine's lock, right before it is removed: one that is to stay stays as it is. */
  readonly unless?: (record: ScopeRecord) => boolean;
}

interface Removal extends RemoveOptions {
  readonly turns: RolloutLimiter;
}

/** Remove machines, each by itself and all at once, then what only they used. */
export async function remove(
  workspace: Workspace,
  names: readonly string[],
  options: RemoveOptions,
  emit: Emit,
): Promise<Outcome> {
  const startedAt = Date.now();
  const signal = options.signal ?? new AbortController().signal;
  if (!options.force) await refuseLastManager(workspace, names);
  const fleets = new Set<string>();
  const turns = new RolloutLimiter();
  const parts = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const operation = new Operation(workspace, emit, signal);
      try {
        const { outcome, fleet } = await removeOne(workspace, operation, name, { ...options, turns });
        if (fleet) fleets.add(fleet);
        return outcome;
      } catch (thrown) {
        return failed(name, asMachinistError(thrown), startedAt);
      } finally {
        await operation.close();
      }
    }),
  );
  const shared = await Promise.all([...fleets].map((fleet) => releaseAfter(workspace, fleet, emit, signal, startedAt)));
  return join([...parts, ...shared], startedAt);
}

async function removeOne(workspace: Workspace, operation: Operation, name: string, options: Removal) {
  const startedAt = Date.now();
  await operation.lock([name]);
  let record: ScopeRecord;
  try {
    await workspace.record(name);
    record = (await operation.load(name))!;
  } catch (thrown) {
    const error = asMachinistError(thrown);
    if (!options.force || error.code === "machine.unknown") throw error;
    await workspace.store.remove(name);
    return { outcome: forgotten(name, [failureOf(name, error)], startedAt), fleet: undefined };
  }
  if (options.unless?.(record)) return { outcome: outcomeOf([], [name], { startedAt }), fleet: undefined };
  const lost = options.leaveUnreachable ? await leftBehind(workspace, operation, record) : undefined;
  const how = { turns: options.turns, ...(lost ? { lost } : {}) };
  const outcomes = await operation.converge([name], [], how).catch((thrown) => asMachinistError(thrown));
  if (!Array.isArray(outcomes)) {
    if (!options.force) throw outcomes;
    await workspace.store.remove(name);
    return { outcome: forgotten(name, [failureOf(name, outcomes)], startedAt), fleet: record.fleet };
  }
  const sum = async (ended: readonly ResourceOutcome[]) => {
    const removed = await forgetEmpty(workspace, operation, [name], new Set());
    return outcomeOf(ended, [name], { removed, startedAt });
  };
  let outcome = await sum(outcomes);
  if (options.force && !outcome.ok && !outcome.cancelled) {
    // Its Swarm may be past help, and its Docker: that keeps nobody from removing the machine.
    const { failures } = outcome;
    outcome = await sum(await operation.converge([name], [], { ...how, abandon: true }));
    outcome = { ...outcome, failures: [...failures, ...outcome.failures] };
  }
  if (outcome.ok || !options.force || outcome.cancelled)
    return { outcome, fleet: outcome.ok ? record.fleet : undefined };
  await workspace.store.remove(name);
  return { outcome: forgotten(name, outcome.failures, startedAt), fleet: record.fleet };
}

/** What stays on a host that does not answer, told of; undefined where it answers. */
async function leftBehind(workspace: Workspace, operation: Operation, record: ScopeRecord) {
  // Whatever keeps this from being known is met again by the removal itself.
  const found = await beyondReach(workspace, record, operation.services.hosts, operation.signal).catch(() => undefined);
  if (!found) return undefined;
  const id = record.scope;
  const message = `${id} at ${found.endpoint.host} does not answer: Docker's settings, certificates and containers stay there as they are`;
  operation.emit({ type: "log", id, level: "warn", message });
  return found.lost;
}

/** Forgotten by force; the failures tell what may be left where it was. */
const forgotten = (name: string, failures: readonly Failure[], startedAt: number): Outcome => ({
  ok: true,
  cancelled: false,
  changed: 1,
  machines: [{ name, result: "removed", ms: Date.now() - startedAt }],
  failures,
  ms: Date.now() - startedAt,
});

async function releaseAfter(workspace: Workspace, fleet: string, emit: Emit, signal: AbortSignal, startedAt: number) {
  const operation = new Operation(workspace, emit, signal);
  try {
    return outcomeOf(await releaseShared(workspace, operation, fleet), [], { startedAt });
  } catch (thrown) {
    const error = asMachinistError(thrown);
    const failures = error.code === "cancelled" ? [] : [failureOf(fleetScope(fleet), error)];
    return { ok: false, cancelled: error.code === "cancelled", changed: 0, machines: [], failures, ms: 0 };
  } finally {
    await operation.close();
  }
}
