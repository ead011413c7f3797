import { createLimit } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { MachinePolls } from "./machine-polls.ts";
import type { Store } from "./store.ts";

/** Providers count what they are asked, and keep less for work: seldom, as events tell of what we do ourselves. */
const everyMs = 30_000;

/** What providers say that machines do. Drivers gather questions that are asked at about the same time. */
export function powerFeed(machinist: Machinist, store: Store): MachinePolls {
  const limit = createLimit(250);
  return new MachinePolls(
    store,
    (machine) => ({
      everyMs: () => everyMs,
      deadlineMs: 10_000,
      mostMs: 300_000,
      limit,
      ask: async (signal) => {
        const state = await machinist.status(machine, { signal });
        store.dispatch({ type: "power", machine, state });
      },
      failed: ({ message }) => store.dispatch({ type: "power", machine, state: "unknown", silent: message }),
    }),
    (machine) => store.state.machines.get(machine)?.info?.driver ?? "",
  );
}
