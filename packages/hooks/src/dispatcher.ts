import { asMachinistError, createLimit, type HookSpec, MachinistError } from "@machinist/core";
import { deliver } from "./deliver.ts";
import type { HookNotification } from "./payload.ts";
import type { ActionWorld } from "./world.ts";

/** How many runs of one hook may be under way at once. */
const together = 4;

/** Actions that bring a file in line with what is: one run answers all events that came before it. */
const levelling: ReadonlySet<string> = new Set(["hosts", "ssh-config", "contexts"]);

/** A hook that failed where its failure is the run's. `id`: a machine's or a fleet's name. */
export interface HookFailure {
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Runs the hooks of one run, each a few at a time, and speaks of those that failed. */
export class HookDispatcher {
  readonly failures: HookFailure[] = [];
  readonly #world: ActionWorld;
  readonly #limits = new Map<string, ReturnType<typeof createLimit>>();
  readonly #waiting = new Map<string, Promise<MachinistError | undefined>>();

  constructor(world: ActionWorld) {
    this.#world = world;
  }

  /** Tell a hook before something is done. Throws `hook.refused` where it fails and that counts. */
  async ask(hook: HookSpec, notice: HookNotification): Promise<void> {
    const error = await deliver(hook, notice, this.#world);
    if (!error) return;
    if (hook.onFailure !== "fail") return this.#say(hook, notice, error);
    throw new MachinistError("hook.refused", `Hook ${hook.name} refused ${subjectOf(notice)}: ${error.message}`, {
      cause: error,
      hint: error.hint ?? "What the hook said is above; run the same command again when it agrees",
    });
  }

  /** Tell a hook of what has happened. Resolves to whether it is done with; throws `cancelled` alone. */
  async tell(hook: HookSpec, notice: HookNotification): Promise<boolean> {
    const error = await this.#run(hook, notice);
    if (!error) return true;
    if (hook.onFailure !== "fail") {
      this.#say(hook, notice, error);
      return true;
    }
    const message = `Hook ${hook.name} failed after ${subjectOf(notice)}: ${error.message}`;
    const hint = error.hint ?? "The next up tries it again";
    this.failures.push({ id: notice.machine?.name ?? notice.fleet, code: error.code, message, hint });
    this.#world.emit({ type: "failed", id: notice.machine?.name ?? "", code: error.code, message, hint });
    return false;
  }

  #run(hook: HookSpec, notice: HookNotification): Promise<MachinistError | undefined> {
    const key = `${notice.fleet}/${hook.name}`;
    if (!levelling.has(hook.action.type)) return this.#limited(key, together, () => deliver(hook, notice, this.#world));
    const waiting = this.#waiting.get(key);
    if (waiting) return waiting;
    const run = this.#limited(key, 1, async () => {
      // A free place is taken at once: only then is this run known to those who would join it.
      await undefined;
      // From here on what happens is seen by the next.
      this.#waiting.delete(key);
      return deliver(hook, notice, this.#world);
    });
    this.#waiting.set(key, run);
    run.catch(() => this.#waiting.delete(key));
    return run;
  }

  #limited<T>(key: string, size: number, work: () => Promise<T>): Promise<T> {
    const limit = this.#limits.get(key) ?? createLimit(size);
    this.#limits.set(key, limit);
    return limit(work);
  }

  #say(hook: HookSpec, notice: HookNotification, thrown: unknown): void {
    const error = asMachinistError(thrown);
    const when = notice.phase === "before" ? "before" : "after";
    const message = `Hook ${hook.name} failed ${when} ${subjectOf(notice)}: ${error.message}`;
    const level = hook.onFailure === "ignore" ? "debug" : "warn";
    this.#world.emit({ type: "log", id: notice.machine?.name ?? "", level, message });
  }
}

const subjectOf = ({ event, resource, machine, fleet }: HookNotification): string =>
  `${event} of ${resource ?? machine?.name ?? fleet}`;
