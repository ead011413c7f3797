import { fleetScope, type HookEvent, type HookSpec } from "@machinist/core";
import { HookDispatcher, type HookFailure } from "./dispatcher.ts";
import { eventStatusOf } from "./event-status.ts";
import type { ExpectedEvent } from "./expected-events.ts";
import { Outbox, type Pending } from "./outbox.ts";
import { machineOf, notificationOf, type PendingEvent } from "./pending-event.ts";
import type { RunStatus, SessionRun } from "./session-run.ts";
import type { HookWorld } from "./world.ts";

/**
 * The hooks of one run. What a hook is to be told after an event is kept before the event can take effect, and until the
 * hook has been told: a run that is interrupted leaves it to the next.
 */
export class HookSession {
  readonly #world: HookWorld;
  readonly #run: SessionRun;
  readonly #outbox: Outbox;
  readonly #teller: HookDispatcher;
  readonly #hooks = new Map<string, Promise<readonly HookSpec[]>>();
  readonly #asked = new Map<string, Promise<void>>();
  readonly #telling = new Set<Promise<void>>();
  /** What is still missing for an announced event to be true, by its key. */
  readonly #missing = new Map<string, Set<string>>();

  constructor(world: HookWorld, run: SessionRun) {
    this.#world = world;
    this.#run = run;
    this.#outbox = new Outbox(world.storePath, run.id);
    this.#teller = new HookDispatcher({ ...world, emit: run.emit, signal: run.signal });
  }

  /** The hooks of a fleet: as declared for this run, else as its record has them. */
  hooksOf(fleet: string): Promise<readonly HookSpec[]> {
    const known = this.#hooks.get(fleet);
    if (known) return known;
    const found = this.#world.record(fleetScope(fleet)).then(
      (record) => record?.hooks ?? [],
      () => [],
    );
    this.#hooks.set(fleet, found);
    return found;
  }

  declare(fleet: string, hooks: readonly HookSpec[]): void {
    this.#hooks.set(fleet, Promise.resolve(hooks));
  }

  /** Tell what earlier runs of these fleets left, and that this one begins. Throws `hook.refused`. */
  async begin(fleets: readonly string[]): Promise<void> {
    for (const { occurrence } of await this.#outbox.adopt(new Set(fleets))) await this.#resume(occurrence);
    const run = { action: this.#run.action };
    for (const fleet of fleets) {
      await this.#ask("run.started", fleet, fleet);
      await this.announce([
        { key: `run.started:${fleet}`, event: "run.started", fleet, run, dueAt: Date.now() },
        { key: `run.finished:${fleet}`, event: "run.finished", fleet, run },
      ]);
      this.#tellDue(`run.started:${fleet}`);
    }
  }

  /** Ask the hooks that come before an event; each once in a run. Throws `hook.refused`. */
  before({ event, fleet, subject }: ExpectedEvent): Promise<void> {
    return this.#ask(event, fleet, subject);
  }

  /** Foreseen events that have hooks, as they are announced. */
  async occurrences(foreseen: readonly ExpectedEvent[]): Promise<PendingEvent[]> {
    return Promise.all(
      foreseen.map(async ({ event, fleet, subject, state, ids }): Promise<PendingEvent> => {
        const machine = machineOf(subject);
        const before = state === "gone" && machine !== undefined ? await this.#world.machine(machine) : undefined;
        return {
          key: this.#freeKey(`${event}:${subject}`),
          event,
          fleet,
          until: { state, ids },
          ...(machine === undefined ? {} : { machine }),
          ...(subject.includes("/") ? { resource: subject } : {}),
          ...(before ? { before } : {}),
        };
      }),
    );
  }

  /** Keep what may come true; durable when the promise resolves. What no hook asks for is left out. */
  async announce(occurrences: readonly PendingEvent[]): Promise<void> {
    const entries: Pending[] = [];
    for (const occurrence of occurrences) {
      const hooks = await this.hooksFor(occurrence.fleet, occurrence.event, "after");
      if (hooks.length === 0 || this.#outbox.get(occurrence.key)) continue;
      entries.push({ occurrence, hooks, run: this.#run.id });
      this.#await(occurrence);
    }
    if (entries.length > 0) await this.#outbox.put(entries);
  }

  async hooksFor(fleet: string, event: HookEvent, when: HookSpec["when"]): Promise<readonly HookSpec[]> {
    return (await this.hooksOf(fleet)).filter((hook) => hook.when === when && hook.on.includes(event));
  }

  /** A resource is there and ready, or is gone. */
  saw(id: string, state: "there" | "gone"): void {
    for (const [key, missing] of this.#missing) {
      if (this.#outbox.get(key)?.occurrence.until?.state !== state || !missing.delete(id)) continue;
      if (missing.size > 0) continue;
      this.#missing.delete(key);
      this.come(key);
    }
  }

  /** An announced event has come true: keep that, and tell its hooks. */
  come(key: string): void {
    const entry = this.#outbox.get(key);
    if (!entry) return;
    const occurrence = { ...entry.occurrence, dueAt: entry.occurrence.dueAt ?? Date.now() };
    this.#track(this.#outbox.put([{ ...entry, occurrence }]).then(() => this.#tellDue(key)));
  }

  /** Do something to a machine that is an event: hooks before it, and after it when it went well. */
  async around(event: HookEvent, machine: string, fleet: string, work: () => Promise<void>): Promise<void> {
    await this.#ask(event, fleet, machine);
    const key = this.#freeKey(`${event}:${machine}`);
    await this.announce([{ key, event, fleet, machine }]);
    try {
      await work();
    } catch (thrown) {
      if (!this.#run.signal.aborted) await this.#outbox.drop([key]);
      throw thrown;
    }
    this.come(key);
  }

  /** Those of the announced addresses that have changed are told, the others forgotten. */
  async settleAddresses(): Promise<void> {
    for (const { occurrence } of this.#outbox.all())
      if (occurrence.event === "machine.address" && occurrence.dueAt === undefined) await this.#settle(occurrence);
  }

  /** Wait for all hooks, tell that the run has ended, and leave to the next what could not be told. */
  async end(status: RunStatus): Promise<readonly HookFailure[]> {
    try {
      await this.#drain();
      for (const { occurrence } of this.#outbox.all())
        if (occurrence.event === "run.finished" && occurrence.run?.action === this.#run.action && !occurrence.resumed)
          await this.#finish(occurrence, this.#teller.failures.length > 0 && status === "finished" ? "failed" : status);
        else if (occurrence.dueAt === undefined) await this.#settle(occurrence);
      await this.#drain();
      return this.#teller.failures;
    } finally {
      await this.#outbox.close();
    }
  }

  async #finish(occurrence: PendingEvent, status: RunStatus): Promise<void> {
    const run = { action: this.#run.action, status };
    const entry = this.#outbox.get(occurrence.key);
    if (!entry) return;
    await this.#outbox.put([{ ...entry, occurrence: { ...occurrence, run } }]);
    // Who pressed Ctrl-C waits for the end: the next run tells it.
    if (status !== "cancelled") this.come(occurrence.key);
  }

  /** What an earlier run left: told now if it is true, kept if it may become so. */
  async #resume(occurrence: PendingEvent): Promise<void> {
    const { run } = occurrence;
    const told = {
      ...occurrence,
      resumed: true,
      ...(run ? { run: { ...run, status: run.status ?? "interrupted" } } : {}),
    };
    const entry = this.#outbox.get(occurrence.key);
    if (entry) await this.#outbox.put([{ ...entry, occurrence: told }]);
    this.#await(told);
    await this.#settle(told);
  }

  async #settle(occurrence: PendingEvent): Promise<void> {
    const judgement = await eventStatusOf(occurrence, this.#world);
    if (judgement === "open") return;
    this.#missing.delete(occurrence.key);
    if (judgement === "void") await this.#outbox.drop([occurrence.key]);
    else this.come(occurrence.key);
  }

  #ask(event: HookEvent, fleet: string, subject: string): Promise<void> {
    const key = `${event}:${subject}`;
    const asked = this.#asked.get(key) ?? this.#askAll(event, fleet, subject);
    this.#asked.set(key, asked);
    return asked;
  }

  async #askAll(event: HookEvent, fleet: string, subject: string): Promise<void> {
    const hooks = await this.hooksFor(fleet, event, "before");
    if (hooks.length === 0) return;
    const name = event.startsWith("run.") ? undefined : machineOf(subject);
    const known = name === undefined ? undefined : await this.#world.machine(name);
    const notice = {
      ...notificationOf({ key: `${event}:${subject}:before`, event, fleet }, known, this.#run.id),
      phase: "before" as const,
      ...(subject.includes("/") ? { resource: subject } : {}),
      ...(event.startsWith("run.") ? { run: { action: this.#run.action } } : {}),
    };
    for (const hook of hooks) await this.#teller.ask(hook, notice);
  }

  #tellDue(key: string): void {
    const entry = this.#outbox.get(key);
    if (!entry) return;
    for (const hook of entry.hooks) this.#track(this.#tellOne(entry, hook));
  }

  async #tellOne({ occurrence, run }: Pending, hook: HookSpec): Promise<void> {
    const { machine, key } = occurrence;
    const known = machine === undefined ? undefined : await this.#world.machine(machine).catch(() => undefined);
    if (!(await this.#teller.tell(hook, notificationOf(occurrence, known, run)))) return;
    const entry = this.#outbox.get(key);
    const hooks = entry?.hooks.filter((each) => each.name !== hook.name) ?? [];
    if (entry && hooks.length > 0) await this.#outbox.put([{ ...entry, hooks }]);
    else await this.#outbox.drop([key]);
  }

  /** Cancelled hooks, and stores that cannot be written, leave what is pending as it is. */
  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work.catch(() => {}).finally(() => this.#telling.delete(tracked));
    this.#telling.add(tracked);
  }

  async #drain(): Promise<void> {
    while (this.#telling.size > 0) await Promise.all(this.#telling);
  }

  #await({ key, until }: PendingEvent): void {
    if (until) this.#missing.set(key, new Set(until.ids));
  }

  /** An event that has come true in this run may do so again. */
  #freeKey(key: string): string {
    let free = key;
    for (let more = 2; this.#outbox.get(free)?.occurrence.dueAt !== undefined; more++) free = `${key}:${more}`;
    return free;
  }
}
