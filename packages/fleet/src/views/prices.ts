import { setImmediate as nextTurn } from "node:timers/promises";
import type { ScopeRecord } from "@machinist/core";
import type { RunControl } from "../api.ts";
import type { MachinePrice } from "../plans/plan.ts";
import { priceAll } from "../plans/prices.ts";
import type { Workspace } from "../workspace.ts";

/** So many records are read before others have their turn: a screen that listens to keys may be among them. */
const batch = 10;

/** What the machines cost that there are, as far as their drivers have prices. A record that cannot be read is left out. */
export async function pricesOf(workspace: Workspace, options: RunControl): Promise<readonly MachinePrice[]> {
  const names = await workspace.machineNames();
  const records: ScopeRecord[] = [];
  for (let at = 0; at < names.length; at += batch) {
    const read = await Promise.all(
      names.slice(at, at + batch).map((name) => workspace.store.load(name).catch(() => undefined)),
    );
    records.push(...read.filter((record) => record !== undefined));
    await nextTurn();
  }
  const driverOf = (name: string) => workspace.drivers.driver(name).catch(() => undefined);
  return priceAll([], records, driverOf, options.signal ?? new AbortController().signal);
}
