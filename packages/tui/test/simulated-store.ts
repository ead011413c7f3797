import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { none } from "@machinist/driver-generic";
import simulated from "@machinist/driver-simulated";
import { type CreateRequest, openMachinist } from "@machinist/fleet";

export interface SimulatedStore {
  readonly folder: string;
  remove(): void;
}

export interface Wanted {
  /** Machines without Docker, that boot, stop and vanish. */
  readonly simulated: number;
  /** Engines at an address, by a name that numbers are added to. */
  readonly engines: readonly { readonly name: string; readonly url: string; readonly count: number }[];
}

/** A store with machines that need neither root nor a network. */
export async function simulatedStore(wanted: Wanted): Promise<SimulatedStore> {
  const folder = mkdtempSync(join(tmpdir(), "machinist-dashboard-"));
  const machinist = await openMachinist({ storagePath: folder, drivers: [simulated, none], concurrency: 100 });
  const names = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
  const spec = {
    name: "demo",
    compose: [],
    stacks: [],
    contexts: false,
    machines: names(wanted.simulated, "node").map((name) => ({
      name,
      group: "node",
      driver: "simulated",
      options: { "boot-ms": 0 },
      engine: false as const,
    })),
  };
  const up = await machinist.up(spec).result;
  const requests = wanted.engines.flatMap(({ name, url, count }) =>
    names(count, name).map((one): CreateRequest => ({ name: one, driver: "none", options: { url } })),
  );
  const created = await machinist.create(requests).result;
  await machinist[Symbol.asyncDispose]();
  if (!up.ok || !created.ok) throw new Error(JSON.stringify([...up.failures, ...created.failures]));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
