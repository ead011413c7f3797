import { setTimeout as sleep } from "node:timers/promises";
import { type Driver, type Host, type MachineState, MachinistError, type ScopeRecord } from "@machinist/core";
import type { RunControl } from "../api.ts";
import type { Services } from "../services.ts";
import type { Workspace } from "../workspace.ts";
import { statusOf } from "./machines.ts";

/** Nobody is asked about a machine that answers within this, in ms. */
const soonMs = 1000;

/** States in which nothing will ever answer. */
const off = new Set<MachineState>(["stopped", "stopping", "paused", "saved", "missing"]);

/**
 * SSH to a machine. One that boots is waited for; one that is off by its provider's word is not. Throws `machine.off`, and
 * what {@link Services} throws.
 */
export async function connected(
  workspace: Workspace,
  services: Services,
  name: string,
  { signal }: RunControl,
): Promise<Host> {
  const record = await workspace.record(name);
  const driver = await workspace.drivers.driver(record.machine?.driver ?? "").catch(() => undefined);
  // Nobody could say whether it is about to answer: what one try says is all there is to know.
  if (driver !== undefined && !driver.status)
    return services.hosts.connect(name, { waitMs: 0, ...(signal && { signal }) });
  const settled = new AbortController();
  const until = AbortSignal.any([settled.signal, ...(signal ? [signal] : [])]);
  const refusing = refusal(workspace, services, record, driver, until);
  const waiting = services.hosts.connect(name, { signal: until });
  try {
    return await Promise.race([waiting, refusing]);
  } catch (thrown) {
    waiting.catch(() => {});
    settled.abort();
    throw thrown;
  } finally {
    refusing.catch(() => {});
    settled.abort();
  }
}

/** Rejects where the machine is off; else it never ends. */
async function refusal(
  workspace: Workspace,
  services: Services,
  record: ScopeRecord,
  driver: Driver | undefined,
  signal: AbortSignal,
): Promise<never> {
  const never = new Promise<never>(() => {});
  // Of a host that it cannot start a driver knows no more than whether it answers.
  if (!driver?.power?.start) return never;
  const state = await sleep(soonMs, undefined, { signal })
    .then(() => statusOf(workspace, services, record, signal))
    .catch(() => undefined);
  if (state === undefined || !off.has(state)) return never;
  const { scope: name } = record;
  throw new MachinistError("machine.off", `${name} is ${state}: nothing answers there`, {
    hint:
      state === "missing" ? `See what is known of it: machinist doctor ${name}` : `Start it: machinist start ${name}`,
  });
}
