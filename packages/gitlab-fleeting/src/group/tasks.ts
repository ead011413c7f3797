import type { Task } from "./instance-state.ts";

interface Running {
  readonly task: Task;
  readonly ended: Promise<void>;
}

/** After a task that did not come out its instance is left alone for so long, in ms. */
const PAUSE_MS = 15_000;

/** What this process is doing, by instance: one thing at a time each. */
export class Tasks {
  readonly #running = new Map<string, Running>();
  readonly #pauses = new Map<string, number>();
  readonly #now: () => number;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  of(name: string): Task | undefined {
    return this.#running.get(name)?.task;
  }

  /** Nothing is done about it, nor was tried in vain a moment ago. */
  isFree(name: string): boolean {
    return !this.#running.has(name) && (this.#pauses.get(name) ?? 0) <= this.#now();
  }

  /** Do something about some instances, each when what is being done about it has ended. Its failure is `failed`'s. */
  start(task: Task, names: readonly string[], work: (names: readonly string[]) => Promise<void>): Promise<void> {
    const before = names.flatMap((name) => this.#running.get(name)?.ended ?? []);
    const ended = Promise.all(before)
      .then(() => work(names))
      .finally(() => {
        for (const name of names) if (this.#running.get(name)?.ended === settled) this.#running.delete(name);
      });
    const settled = ended.catch(() => {});
    for (const name of names) this.#running.set(name, { task, ended: settled });
    return ended;
  }

  pause(names: readonly string[]): void {
    for (const name of names) this.#pauses.set(name, this.#now() + PAUSE_MS);
  }

  /** When all that is under way has ended, or all of one sort. */
  async ended(task?: Task): Promise<void> {
    const all = [...this.#running.values()].filter((each) => task === undefined || each.task === task);
    await Promise.all(all.map(({ ended }) => ended));
  }
}
