import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FleetSpec, MachineSpec } from "@machinist/core";
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
