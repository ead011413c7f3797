import { type Emit, MachinistError, type PowerAction } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { asDone, outcomeOf } from "../outcome.ts";
import { projectAll, urlsOf } from "../settle-records.ts";
import type { Workspace } from "../workspace.ts";
import { eachMachine, type MachineWork } from "./each-machine.ts";
import { recorded } from "./up.ts";

/** How long a start or stop may take. */
const powerMs = 300_000;

/** What hooks are told of. */
const events = {
  start: "machine.started",
  restart: "machine.started",
  stop: "machine.stopped",
  kill: "machine.stopped",
} as const;

/** Start, stop, restart or kill machines; after a start they are looked at, and repaired, as a whole. */
export function power(
  workspace: Workspace,
  action: PowerAction,
  names: readonly string[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  return eachMachine(workspace, names, options, emit, async (work) => {
    const startedAt = Date.now();
    const { operation, record, name } = work;
    const driver = await workspace.drivers.driver(record.machine.driver);
    const act = driver.power?.[action];
    if (!act)
      throw new MachinistError("power.unsupported", `Driver ${driver.name} cannot ${action} machines`, {
        hint: `Do it on ${name} itself`,
      });
    emit({ type: "power", machine: name, action, status: "requested" });
    await workspace.run?.audit.write({ type: "power", machine: name, action, outcome: "requested" });
    await operation.services.drop(name);
    const signal = AbortSignal.any([operation.signal, AbortSignal.timeout(powerMs)]);
    const log = (message: string, level: "debug" | "info" | "warn" | "error" = "info") =>
      emit({ type: "log", id: name, level, message });
    const call = { machine: name, states: await workspace.states(record), signal, log };
    const { run } = workspace;
    if (run) await run.hooks.around(events[action], name, record.fleet, () => act(call));
    else await act(call);
    emit({ type: "power", machine: name, action, status: "done" });
    await workspace.run?.audit.write({ type: "power", machine: name, action, outcome: "done" });
    return action === "start" || action === "restart" ? refresh(workspace, work, startedAt) : done(name, startedAt);
  });
}

/** Its address may be another now, and Docker's certificate then too. */
async function refresh(
  workspace: Workspace,
  { operation, record, name }: MachineWork,
  startedAt: number,
): Promise<Outcome> {
  const outcomes = await operation.converge([name], recorded(record));
  await projectAll(workspace, operation, [name]);
  const outcome = outcomeOf(outcomes, [name], { urls: urlsOf(operation, [name]), startedAt });
  return outcome.ok ? asDone(outcome) : outcome;
}

const done = (name: string, startedAt: number): Outcome => ({
  ok: true,
  cancelled: false,
  changed: 1,
  machines: [{ name, result: "done", ms: Date.now() - startedAt }],
  failures: [],
  ms: Date.now() - startedAt,
});
