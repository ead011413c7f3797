import { createLimit } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import type { Cost } from "../state/state.ts";
import { Poll } from "./poll.ts";
import type { Store } from "./store.ts";

/** Prices change over months. */
const everyMs = 15 * 60_000;

/** What machines cost, where their drivers know. Asked when the dashboard opens, when machines come, and seldom. */
export class CostFeed {
  readonly #poll: Poll;
  #names = "";

  constructor(machinist: Pick<Machinist, "prices">, store: Store) {
    this.#poll = new Poll({
      everyMs: () => everyMs,
      deadlineMs: 15_000,
      mostMs: everyMs,
      limit: createLimit(1),
      ask: async (signal) => {
        const costs = new Map<string, Cost>();
        for (const { machine, before } of await machinist.prices({ signal }))
          if (before) costs.set(machine, { hourly: before.hourly, currency: before.currency });
        store.dispatch({ type: "costs", costs });
      },
      // A list without prices is no worse than one of machines that cost nothing.
      failed: () => {},
    });
    store.listen(() => {
      const { loaded, machines } = store.state;
      if (!loaded || machines.size === 0) return;
      const names = [...machines.keys()].join("\n");
      if (names === this.#names) return;
      this.#names = names;
      this.#poll.now();
    });
  }

  stop(): void {
    this.#poll.stop();
  }
}
