import { type Call, type Clock, type Host, MachinistError } from "@machinist/core";
import type { StackProps } from "./plan.ts";
import { asRoot } from "./remote.ts";
import type { SeenService, SeenTask, StackLook } from "./stack-read.ts";
import { SERVICE_LOGS } from "./stack-scripts.ts";
import { LAST_LINES, lastLines, untilSteady, type Verdict } from "./steady.ts";

/** How often one replica may fail before the deployment has failed. */
const MOST_FAILURES = 3;
/** How long a program may fail until what it needs is there; a task that Swarm rejects gets no such time. In ms. */
const RETRY_MS = 30_000;

/** A task that still runs so long after it was told to stop is on a node that does not answer. In ms. */
const LEAVING_MS = 60_000;

export interface StackWatch {
  readonly call: Call<StackProps>;
  readonly host: Host;
  readonly look: () => Promise<StackLook>;
  /** Services that are to be watched. */
  readonly names: ReadonlySet<string>;
  /** Tasks that had failed before. */
  readonly failedBefore: ReadonlySet<string>;
  /** Takes secrets out of what containers wrote. */
  readonly hide: (text: string) => string;
  readonly steadyMs?: number;
  readonly clock?: Clock;
}

/**
 * Wait until what was deployed has come up and lasts. Throws `stack.rolled-back`, `stack.update-paused` and
 * `stack.task-failed` as soon as Swarm gives up, and `stack.timeout`; each with the last lines of what failed.
 */
export function watchStack(watch: StackWatch): Promise<StackLook> {
  const { call, look, steadyMs, clock } = watch;
  const judge = judgeOf(watch);
  return untilSteady({
    look,
    judge,
    stuck: (seen, missing, afterMs) => late(watch, { seen, missing, afterMs }),
    log: (words) => call.log(`${call.props.name} waits for ${words}`),
    signal: call.signal,
    ...(steadyMs === undefined ? {} : { steadyMs }),
    ...(clock === undefined ? {} : { clock }),
  });
}

function judgeOf(watch: StackWatch): (seen: StackLook, now: number) => Promise<Verdict> {
  const firstFailure = new Map<string, number>();
  const failed = new Map<string, SeenTask>();
  const leaving = new Map<string, number>();
  return async (seen, now) => {
    const services = seen.services.filter(({ name }) => watch.names.has(name));
    const tasks = seen.tasks.filter(({ service }) => watch.names.has(service));
    for (const task of tasks)
      if (isFailure(task) && !watch.failedBefore.has(task.id)) {
        failed.set(task.id, task);
        if (!firstFailure.has(task.slot)) firstFailure.set(task.slot, now);
      }
    for (const service of services) {
      const own = [...failed.values()].filter((task) => task.service === service.name);
      await judgeUpdate(watch, service, own.at(-1));
      const lost = own.find((task) => isPermanent(task, own, now - (firstFailure.get(task.slot) ?? now)));
      if (lost !== undefined && !isUpdating(service)) throw await taskFailed(watch, service, lost, own);
    }
    const signature = JSON.stringify([
      services.map(({ name, running, wanted, update }) => [name, running, wanted, update?.state]),
      tasks.map(({ id, desired, state }) => [id, desired, state]),
    ]);
    const recent = tasks.filter(({ id }) => !watch.failedBefore.has(id));
    const missing = missingOf([...watch.names], services, recent) ?? leavingWords(tasks, leaving, now);
    return { signature, ...(missing === undefined ? {} : { missing }) };
  };
}

/** An update that was interrupted and asked for again may bring new tasks before the old ones have stopped. */
function leavingWords(tasks: readonly SeenTask[], since: Map<string, number>, now: number): string | undefined {
  const old = tasks.filter(({ id, desired, state }) => {
    if (desired !== "Shutdown" || state !== "Running") return false;
    if (!since.has(id)) since.set(id, now);
    return now - since.get(id)! < LEAVING_MS;
  });
  return old[0] && `old tasks of ${[...new Set(old.map(({ service }) => service))].join(", ")} to stop`;
}

export const isFailure = ({ state }: SeenTask): boolean => state === "Failed" || state === "Rejected";

/** Swarm itself decides what becomes of an update that it can take back or stop. */
const isUpdating = ({ update }: SeenService): boolean =>
  update?.state === "updating" || update?.state === "rollback_started";

function isPermanent(task: SeenTask, all: readonly SeenTask[], sinceMs: number): boolean {
  const times = all.filter(({ slot }) => slot === task.slot).length;
  return times >= MOST_FAILURES && (task.state === "Rejected" || sinceMs >= RETRY_MS);
}

async function judgeUpdate(watch: StackWatch, service: SeenService, failed: SeenTask | undefined): Promise<void> {
  const { state, message } = service.update ?? {};
  const what = `${service.name} of ${watch.call.props.name}`;
  const why = failed?.error || message;
  if (state === "rollback_completed")
    throw new MachinistError(
      "stack.rolled-back",
      `Swarm took the update of ${what} back: ${why}`,
      await detailsOf(watch, service, failed?.id),
    );
  if (state === "paused" || state === "rollback_paused")
    throw new MachinistError(
      "stack.update-paused",
      `Swarm stopped the ${state === "paused" ? "update" : "rollback"} of ${what}: ${why}`,
      await detailsOf(watch, service, failed?.id),
    );
}

async function taskFailed(watch: StackWatch, service: SeenService, task: SeenTask, all: readonly SeenTask[]) {
  const times = all.filter(({ slot }) => slot === task.slot);
  const { id, error, state } = times.at(-1) ?? task;
  return new MachinistError(
    "stack.task-failed",
    `${service.name} of ${watch.call.props.name} failed ${times.length} times: ${error || state}`,
    await detailsOf(watch, service, id),
  );
}

/** What is still missing, as it follows "waits for". */
export function missingOf(
  names: readonly string[],
  services: readonly SeenService[],
  tasks: readonly SeenTask[],
): string | undefined {
  const words = names.flatMap((name) => {
    const service = services.find((each) => each.name === name);
    if (service === undefined) return `${name} to be made`;
    if (service.update !== undefined && isUpdating(service))
      return service.update.state === "updating" ? `${name} to be updated` : `${name} to be rolled back`;
    if (service.running >= service.wanted) return [];
    const why = tasks.find((task) => task.service === name && task.error !== "")?.error;
    return `${name} ${service.running}/${service.wanted}${why === undefined ? "" : ` (${why})`}`;
  });
  return words.length === 0 ? undefined : words.join(", ");
}

interface Late {
  readonly seen: StackLook;
  readonly missing: string;
  readonly afterMs: number;
}

async function late(watch: StackWatch, { seen, missing, afterMs }: Late): Promise<MachinistError> {
  const { name } = watch.call.props;
  const short = seen.services.find((each) => watch.names.has(each.name) && each.running < each.wanted);
  return new MachinistError(
    "stack.timeout",
    `${name} still waits for ${missing}; nothing has changed for ${Math.round(afterMs / 1000)} s`,
    short === undefined
      ? { hint: `See what Swarm says: machinist ssh ${watch.host.name} sudo docker stack ps --no-trunc ${name}` }
      : await detailsOf(watch, short, undefined),
  );
}

/** The last lines of a task, or of all of its service's, and where there is more. */
async function detailsOf({ call, host, hide }: StackWatch, service: SeenService, task: string | undefined) {
  const argv = [task ?? service.id, String(LAST_LINES)];
  const output = await host.script(SERVICE_LOGS, argv, asRoot(call)).catch(() => undefined);
  const lines = lastLines(hide(output?.stdout ?? ""));
  for (const line of lines) call.log(line, "error");
  const full = `${call.props.name}_${service.name}`;
  const ssh = `machinist ssh ${host.name} sudo docker service`;
  return {
    hint: `See all of it: ${ssh} logs ${full}; and what Swarm did: ${ssh} ps --no-trunc ${full}`,
    ...(lines.length === 0 ? {} : { cause: new Error(lines.join("\n")) }),
  };
}
