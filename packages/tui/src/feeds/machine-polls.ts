import { Poll, type PollOptions } from "./poll.ts";
import type { Store } from "./store.ts";

/** One poll for each machine whose record is known; those of machines that are gone end. */
export class MachinePolls {
  readonly #store: Store;
  readonly #optionsOf: (machine: string) => PollOptions;
  /** Asked at once where this of a machine has changed. */
  readonly #markOf: (machine: string) => string;
  readonly #polls = new Map<string, { readonly poll: Poll; mark: string }>();
  #seen: unknown;

  constructor(store: Store, optionsOf: (machine: string) => PollOptions, markOf: (machine: string) => string) {
    this.#store = store;
    this.#optionsOf = optionsOf;
    this.#markOf = markOf;
    store.listen(() => this.#follow());
  }

  refresh(names: Iterable<string> = this.#polls.keys()): void {
    for (const name of names) this.#polls.get(name)?.poll.now();
  }

  stop(): void {
    for (const { poll } of this.#polls.values()) poll.stop();
    this.#polls.clear();
    this.#seen = this.#store.state.machines;
  }

  #follow(): void {
    const { machines } = this.#store.state;
    if (machines === this.#seen) return;
    this.#seen = machines;
    for (const [name, { info }] of machines) {
      if (info === undefined) continue;
      const mark = this.#markOf(name);
      const known = this.#polls.get(name);
      if (known?.mark === mark) continue;
      const entry = known ?? { poll: new Poll(this.#optionsOf(name)), mark };
      entry.mark = mark;
      this.#polls.set(name, entry);
      entry.poll.now();
    }
    for (const [name, { poll }] of this.#polls) {
      if (machines.has(name)) continue;
      poll.stop();
      this.#polls.delete(name);
    }
  }
}
