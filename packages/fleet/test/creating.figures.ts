import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import simulated from "@machinist/driver-simulated";
import { expect, test } from "vitest";
import { median, spread } from "../../../scripts/bench/table.mjs";
import { figure } from "../../../test/repository/figure.ts";
import { type Machinist, openMachinist } from "../src/index.ts";
import { fleet } from "./world.ts";

const count = 40;
const runs = 3;
/** As long as a machine container takes; what they share is made once. */
const options = { "boot-ms": 2000, network: true };
const names = Array.from({ length: count }, (_, index) => `box-${index + 1}`);
const asked = (name: string) => ({ name, driver: "simulated", options, engine: false }) as const;

/**
 * Each makes forty machines in a store of its own that nobody has used. Creates of their own look at what all share one after
 * the other, each for itself; more than that must not wait.
 */
const limits: Readonly<Record<string, number>> = { "create --count 40": 1.25, "40 creates at once": 4 };
const ways: Readonly<Record<string, (machinist: Machinist) => Promise<void>>> = {
  up: async (machinist) => {
    const { ok } = await machinist.up(fleet(names.map((name) => ({ ...asked(name), group: "box" })))).result;
    expect(ok).toBe(true);
  },
  "create --count 40": async (machinist) => {
    const { ok } = await machinist.create(names.map(asked)).result;
    expect(ok).toBe(true);
  },
  "40 creates at once": async (machinist) => {
    const all = await Promise.all(names.map((name) => machinist.create([asked(name)]).result));
    expect(all.every(({ ok }) => ok)).toBe(true);
  },
};

async function timed(make: (machinist: Machinist) => Promise<void>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-creating-"));
  try {
    const machinist = await openMachinist({ storagePath: join(folder, "store"), drivers: [simulated], env: {} });
    const began = performance.now();
    await make(machinist);
    const ms = performance.now() - began;
    expect(await machinist.names()).toHaveLength(count);
    return ms;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("forty machines, per machine, beside up of forty", async () => {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  // The first run loads what all need; then in turns, so that a busy moment meets all of them.
  await timed(ways.up!);
  for (let run = 0; run < runs; run++)
    for (const [way, make] of Object.entries(ways)) times[way]!.push((await timed(make)) / count);
  const base = median(times.up!);
  for (const [way, all] of Object.entries(times))
    if (way !== "up")
      figure({
        ...{ what: `${way}, per machine, to up of 40`, value: median(all) / base, limit: limits[way]!, unit: "x" },
        beside: `${median(all).toFixed(1)} ms (${spread(all, (ms) => ms.toFixed(1))}) to ${base.toFixed(1)} ms`,
      });
});
