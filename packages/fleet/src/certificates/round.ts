import { type Emit, type MachineState, MachinistError, type ScopeRecord } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { eachMachine } from "../operations/each-machine.ts";
import { recorded } from "../operations/up.ts";
import { asDone, join, outcomeOf } from "../outcome.ts";
import type { Services } from "../services.ts";
import { projectAll, urlsOf } from "../settle-records.ts";
import { statusOf } from "../views/machines.ts";
import type { Workspace } from "../workspace.ts";
import { fleetContexts } from "./fleet-contexts.ts";

/** A machine that is down is said to be so, and left for later, rather than waited for. */
const sshWaitMs = 15_000;
const statusMs = 10_000;
const downStates = new Set<MachineState>(["stopped", "paused", "saved", "missing", "error"]);

/**
 * Bring the certificates of machines into line with the store's: what their engines trust, what these show, and the
 * copies for clients. All at once, but the nodes of Swarms one after the other: each is drained, and serves again, unlocked
 * where its Swarm locks itself, before the next one is touched.
 */
export async function certificateRound(
  workspace: Workspace,
  names: readonly string[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const startedAt = Date.now();
  const records = (await workspace.readable()).filter(({ scope }) => names.includes(scope));
  const nodes = records.filter(isNode).map(({ scope }) => scope);
  const alone = names.filter((name) => !nodes.includes(name));
  const parts = [await eachInLine(workspace, alone, options, emit)];
  for (const node of nodes) {
    if (parts.some(({ cancelled }) => cancelled)) break;
    parts.push(await eachInLine(workspace, [node], options, emit));
  }
  const contexts = await fleetContexts(workspace, records, options, emit);
  return join([...parts, ...contexts], startedAt);
}

const isNode = ({ scope, resources }: ScopeRecord): boolean =>
  resources[`${scope}/swarm`] !== undefined || resources[`${scope}/engine`]?.state?.swarm === true;

/** Kinds that certificates do not concern: nothing of them is looked at. A Swarm's members go out of service and come back. */
const unconcerned = /^compose\./;

const eachInLine = (
  workspace: Workspace,
  names: readonly string[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome> =>
  eachMachine(workspace, names, { ...options, sshWaitMs }, emit, async ({ operation, record, name }) => {
    const startedAt = Date.now();
    await refuseDown(workspace, operation.services, record, operation.signal);
    const wanted = recorded(record).filter(({ kind }) => !unconcerned.test(kind));
    const kept = new Set(wanted.map(({ id }) => id));
    const untouched = new Set(Object.keys(record.resources).filter((id) => !kept.has(id)));
    const outcomes = await operation.converge([name], wanted, { untouched });
    await projectAll(workspace, operation, [name]);
    const outcome = outcomeOf(outcomes, [name], { urls: urlsOf(operation, [name]), startedAt });
    return outcome.ok ? asDone(outcome) : outcome;
  });

async function refuseDown(
  workspace: Workspace,
  services: Services,
  record: ScopeRecord,
  cancel: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([cancel, AbortSignal.timeout(statusMs)]);
  const state = await statusOf(workspace, services, record, signal).catch(() => "unknown" as const);
  cancel.throwIfAborted();
  if (!downStates.has(state)) return;
  throw new MachinistError("machine.not-running", `${record.scope} is ${state}, so its certificates stay as they are`, {
    hint: `They follow when machinist starts it; or, once it runs: machinist provision ${record.scope}`,
  });
}
