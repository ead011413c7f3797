import { asMachinistError, createLimit } from "@machinist/core";
import type { MachineInfo, Machinist } from "@machinist/fleet";
import { Poll } from "./poll.ts";
import type { Store } from "./store.ts";

/** Names are one look into a folder. */
const namesMs = 2000;
/** Records are read again this often even if no event told of a change. */
const sweepMs = 30_000;
/** Records that events tell of are read at most this often. */
const togetherMs = 500;
/** So many records are read before the screen, and keys, have their turn. */
const batch = 10;

/** What the store knows: which machines there are, and each one's record. */
export class RecordFeed {
  readonly #machinist: Machinist;
  readonly #store: Store;
  readonly #poll: Poll;
  readonly #stale = new Set<string>();
  #sweptAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(machinist: Machinist, store: Store) {
    this.#machinist = machinist;
    this.#store = store;
    this.#poll = new Poll({
      everyMs: () => namesMs,
      deadlineMs: 20_000,
      mostMs: 30_000,
      limit: createLimit(1),
      ask: () => this.#ask(),
      failed: ({ message, hint }) =>
        store.dispatch({ type: "notice", notice: { level: "error", text: message, ...(hint ? { hint } : {}) } }),
    });
  }

  start(): void {
    this.#poll.now();
  }

  /** Read everything again now. */
  refresh(): void {
    this.#sweptAt = 0;
    this.#poll.now();
  }

  /** These may have changed. Changes come in swarms: they are read together. */
  refreshSoon(names: readonly string[]): void {
    for (const name of names) this.#stale.add(name);
    if (names.length > 0) this.#timer ??= setTimeout(() => this.#again(), togetherMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#poll.stop();
  }

  #again(): void {
    this.#timer = undefined;
    this.#poll.now();
  }

  async #ask(): Promise<void> {
    const names = await this.#machinist.names();
    const known = this.#store.state.machines;
    const all = Date.now() - this.#sweptAt > sweepMs;
    if (all) this.#sweptAt = Date.now();
    const wanted = names.filter((name) => all || this.#stale.has(name) || known.get(name)?.info === undefined);
    this.#stale.clear();
    this.#store.dispatch({ type: "names", names });
    for (let index = 0; index < wanted.length; index += batch) await this.#read(wanted.slice(index, index + batch));
  }

  async #read(names: readonly string[]): Promise<void> {
    const read = await Promise.all(
      names.map(async (name): Promise<MachineInfo | undefined> => {
        try {
          return await this.#machinist.info(name);
        } catch (thrown) {
          const { code, message } = asMachinistError(thrown);
          // Removed since its name was read.
          if (code !== "machine.unknown") this.#store.dispatch({ type: "broken", machine: name, message });
          return undefined;
        }
      }),
    );
    this.#store.dispatch({ type: "infos", infos: read.filter((info) => info !== undefined) });
  }
}
