import { randomBytes } from "node:crypto";
import type { Emit, EventBody, HookSpec } from "@machinist/core";
import { HookSession } from "@machinist/hooks";
import type { Outcome, RunControl } from "../api.ts";
import { AuditTrail, currentActor } from "../journal/audit.ts";
import { EventLog } from "../journal/event-log.ts";
import type { Services } from "../services.ts";
import type { Workspace } from "../workspace.ts";
import { hookWorld } from "./hook-world.ts";
import { RunContext } from "./run-context.ts";

/** What a run is about, as its first and last events say it. */
export interface About {
  readonly fleet?: string;
  readonly machines?: readonly string[];
}

export interface RunRequest {
  readonly action: string;
  readonly about: About;
  readonly control: RunControl;
  /** Of the fleet, where this run declares them. */
  readonly hooks?: readonly HookSpec[];
  readonly work: (workspace: Workspace, emit: Emit) => Promise<Outcome>;
}

/** Do the work of one run, with its first and last event, its hooks, its place in the audit log and in the kept events. */
export async function executeRun(
  base: Workspace,
  services: Services,
  { action, about, control, hooks, work }: RunRequest,
  tell: Emit,
): Promise<Outcome> {
  const id = randomBytes(6).toString("hex");
  const place = { path: base.store.path, env: base.env };
  const events = new EventLog(place, id);
  const emit = (event: EventBody) => {
    tell(event);
    events.add({ at: Date.now(), ...event });
  };
  const audit = new AuditTrail(place, id, (message) => emit({ type: "log", id: "", level: "warn", message }));
  const world = hookWorld(base, services);
  const signal = control.signal ?? new AbortController().signal;
  const session = new HookSession(world, { id, action, emit, signal });
  const status = (outcome: Outcome) => (outcome.cancelled ? "cancelled" : outcome.ok ? "finished" : "failed");
  emit({ type: "run", action, status: "started", ...about });
  await audit.write({
    type: "started",
    action,
    ...about,
    ...currentActor(base.env, base.command && audit.masked(base.command)),
  });
  try {
    if (hooks && about.fleet !== undefined) session.declare(about.fleet, hooks);
    const outcome = await attended(session, async () => {
      await session.begin(await fleetsOf(base, about));
      return work(base.during(new RunContext(action, session, world, audit)), emit);
    });
    await audit.finished(outcome);
    emit({ type: "run", action, status: status(outcome), ...about });
    return outcome;
  } catch (thrown) {
    const code = (thrown as { code?: string }).code ?? "internal";
    await audit.finished({ ...nothing, cancelled: code === "cancelled", failures: [{ id: "", code }] });
    emit({ type: "run", action, status: "failed", ...about });
    throw thrown;
  } finally {
    await events.close();
  }

  async function attended(hooked: HookSession, doing: () => Promise<Outcome>): Promise<Outcome> {
    let outcome: Outcome;
    try {
      outcome = await doing();
    } catch (thrown) {
      await hooked.end(signal.aborted ? "cancelled" : "failed").catch(() => {});
      throw thrown;
    }
    const failures = await hooked.end(status(outcome));
    return failures.length === 0 ? outcome : { ...outcome, ok: false, failures: [...outcome.failures, ...failures] };
  }
}

const nothing: Outcome = { ok: false, cancelled: false, changed: 0, machines: [], failures: [], ms: 0 };

/** The fleets that a run is about: its own, or those of the machines it names. */
async function fleetsOf(workspace: Workspace, { fleet, machines = [] }: About): Promise<string[]> {
  if (fleet !== undefined) return [fleet];
  const records = await Promise.all(machines.map((name) => workspace.store.load(name).catch(() => undefined)));
  return [...new Set(records.flatMap((record) => record?.fleet ?? []))];
}
