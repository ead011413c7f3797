import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Event, type FleetSpec, type MachineSpec, type Run, writeAtomic } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { onTestFinished } from "vitest";
import { type Machinist, openMachinist } from "../src/index.ts";

/** A store of its own with simulated machines; gone after the test. */
export async function world(): Promise<{ machinist: Machinist; path: string; again: () => Promise<Machinist> }> {
  const path = await mkdtemp(join(tmpdir(), "machinist-fleet-"));
  const again = () => openMachinist({ storagePath: join(path, "store"), drivers: [simulated], env: { HOME: path } });
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return { machinist: await again(), path: join(path, "store"), again };
}

/** A machine that boots until it is told to be up, however slow the computer is. */
export const slowBoot = { "boot-ms": 3_600_000 };

/** All simulated machines of a store are up now. */
export async function endBoots(path: string): Promise<void> {
  const objects = join(path, "cache", "simulated");
  for (const name of await readdir(objects)) {
    const object = JSON.parse(await readFile(join(objects, name), "utf8"));
    await writeAtomic(join(objects, name), JSON.stringify({ ...object, born: 0 }));
  }
}

/** Until a resource is what it is waited for: `waiting` is one that was begun and is not there yet. */
export async function until(run: Run<unknown>, id: string, status: string): Promise<void> {
  for await (const event of run) if (isOf(event, id, status)) return;
  throw new Error(`The run ended before ${id} was ${status}`);
}
const isOf = (event: Event, id: string, status: string): boolean =>
  event.type === "resource" && event.id === id && event.status === status;

/** The orphans among what these worlds make: whatever else is on this computer or in a cloud is none of a test's. */
export const orphansOf = async (machinist: Machinist) =>
  (await machinist.orphans({ drivers: [{ driver: "simulated" }] })).orphans;

export const machine = (name: string, options: MachineSpec["options"] = {}): MachineSpec => ({
  name,
  group: name.replace(/-\d+$/, ""),
  driver: "simulated",
  options: { "boot-ms": 20, ...options },
  engine: false,
});

export const fleet = (machines: readonly MachineSpec[], name = "demo"): FleetSpec => ({
  name,
  machines,
  compose: [],
  stacks: [],
  contexts: false,
});
