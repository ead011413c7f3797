import { createLimit } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { hostShares } from "../docker/host-usage.ts";
import { listHeight, placeOf, tableOf } from "../state/current-list.ts";
import { type Machine, type State, topOf } from "../state/state.ts";
import type { Store } from "./store.ts";

/** First the screen: the first connection loads the SSH library, and no key is answered meanwhile. */
const beginMs = 10_000;
/** How often it is looked whom to ask. */
const lookMs = 2000;
/** A host is asked no more often than this, and one that could not tell no sooner than after the second. */
const everyMs = 20_000;
const pauseMs = 300_000;
const deadlineMs = 8000;
/** Each host asked is one SSH connection. */
const atOnce = 4;

/** What the hosts use that are on the screen: nobody else is asked, over SSH as over Docker. */
export class UseFeed {
  readonly #machinist: Pick<Machinist, "host">;
  readonly #store: Store;
  readonly #limit = createLimit(atOnce);
  readonly #notBefore = new Map<string, number>();
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(machinist: Pick<Machinist, "host">, store: Store) {
    this.#machinist = machinist;
    this.#store = store;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(() => this.#look(), lookMs);
      this.#timer.unref();
    }, beginMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  #look(): void {
    const now = Date.now();
    for (const { name } of machinesOnScreen(this.#store.state)) {
      if ((this.#notBefore.get(name) ?? 0) > now) continue;
      this.#notBefore.set(name, Number.MAX_SAFE_INTEGER);
      void this.#limit(() => this.#ask(name));
    }
  }

  async #ask(machine: string): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(deadlineMs)]);
    try {
      const late = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
      const asked = this.#machinist.host(machine, { signal }).then((host) => hostShares(host, signal, deadlineMs));
      this.#store.dispatch({ type: "use", machine, use: await Promise.race([asked, late]) });
      this.#notBefore.set(machine, Date.now() + everyMs);
    } catch {
      // What it does is told by its state; this column stays empty.
      this.#store.dispatch({ type: "use", machine });
      this.#notBefore.set(machine, Date.now() + pauseMs);
    }
  }
}

/** Machines whose rows are shown now, and that can be asked. */
export function machinesOnScreen(state: State): Machine[] {
  if (topOf(state).name !== "machines") return [];
  const { top } = placeOf(state);
  const rows = tableOf(state).rows.slice(top, top + listHeight(state.size));
  return rows.flatMap(({ key }) => {
    const machine = state.machines.get(key);
    return machine?.reach === "reached" && machine.info?.endpoint !== undefined ? [machine] : [];
  });
}
