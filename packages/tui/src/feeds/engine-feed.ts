import { createLimit } from "@machinist/core";
import { engineFacts } from "../docker/engine-facts.ts";
import type { Machine } from "../state/state.ts";
import type { EngineClients } from "./engine-clients.ts";
import { MachinePolls } from "./machine-polls.ts";
import type { Store } from "./store.ts";

/** One machine is asked no more often than this. */
const leastMs = 10_000;
/** Of many machines, each is asked more seldom: about ten questions a second in all. */
const eachMs = 100;
const deadlineMs = 5000;

/** What engines say of themselves, over TLS. */
export function engineFeed(clients: EngineClients, store: Store): MachinePolls {
  const limit = createLimit(48);
  const machineOf = (name: string): Machine | undefined => store.state.machines.get(name);
  return new MachinePolls(
    store,
    (machine) => ({
      everyMs: () => Math.max(leastMs, store.state.machines.size * eachMs),
      deadlineMs,
      mostMs: 120_000,
      limit,
      ask: async (signal) => {
        const known = machineOf(machine);
        if (known?.info?.url === undefined) return store.dispatch({ type: "no-engine", machine });
        // A machine without power is not asked: its provider will tell when it runs.
        if (known.state === "stopped" || known.state === "missing") return;
        const client = await clients.of(machine);
        store.dispatch({ type: "engine", machine, facts: await engineFacts(client, signal, deadlineMs) });
      },
      failed: ({ code, message }) => {
        if (code === "docker.tls") clients.forget(machine);
        store.dispatch({ type: "unreachable", machine, message });
      },
    }),
    (machine) => `${machineOf(machine)?.info?.url} ${machineOf(machine)?.state === "stopped"}`,
  );
}
