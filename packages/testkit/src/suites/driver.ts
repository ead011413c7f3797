import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Driver, DriverContext, PlannedMachine } from "@machinist/core";
import { afterAll, beforeAll, describe } from "vitest";
import { Cases } from "./cases.ts";
import { addCrashCases } from "./driver-crash.ts";
import { addFaultCases } from "./driver-faults.ts";
import { addLifeCases } from "./driver-life.ts";
import { addObjectCases } from "./driver-objects.ts";
import { addPlanCases } from "./driver-plan.ts";
import { type DriverBench, type DriverSuite, planMany } from "./driver-suite.ts";
import { Harness } from "./harness.ts";
import { withDefaults } from "./schema.ts";

/**
 * The contract of drivers, as tests. Call it in a test file of vitest; each case is a test named `DRIVER: CASE`. One that
 * cannot hold for the driver is skipped with the note `not applicable: REASON`.
 */
export function testDriver(given: DriverSuite): void {
  const kills = Number(process.env.MACHINIST_KILLS) || given.kills;
  const suite: DriverSuite = kills === undefined ? given : { ...given, kills };
  const { module } = suite;
  describe(`driver ${module.name}`, () => {
    let folder: string;
    let made: Driver | undefined;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), `machinist-suite-${module.name}-`));
      made = module.create(context());
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const context = (): DriverContext => ({
      env: process.env,
      cacheDir: join(folder, "cache"),
      machineDir: (name) => join(folder, "machines", name),
      ...suite.context,
    });
    const driver = (): Driver => {
      if (!made) throw new Error("the driver is made before the first case");
      return made;
    };
    const measured = new Map<number, Promise<number>>();
    const measure = async (machines: number): Promise<number> => {
      let count = 0;
      await bench.fleet(async (subject) => {
        await subject.settle(await planMany(bench, subject, machines));
        count = (await suite.leftovers?.({ fleet: subject.fleet, uids: subject.uids() }))?.length ?? 0;
      });
      return count;
    };
    const bench: DriverBench = {
      suite,
      driver,
      reborn: () => module.create(context()),
      objects: (machines) => {
        const known = measured.get(machines) ?? measure(machines);
        measured.set(machines, known);
        return known;
      },
      fleet: (work) => inNewFleet(driver(), suite, work),
      plan: async (subject, machine = 1, options = {}) =>
        driver().plan(planned(subject, machine, suite), withDefaults(module.options, { ...suite.options, ...options })),
    };
    const cases = new Cases(module.name, suite);
    addPlanCases(cases, bench);
    addLifeCases(cases, bench);
    addCrashCases(cases, bench);
    addObjectCases(cases, bench);
    addFaultCases(cases, bench);
    cases.close();
  });
}

const planned = (subject: Harness, number: number, { publicKey }: DriverSuite): PlannedMachine => ({
  name: subject.machine(number),
  fleet: subject.fleet,
  publicKey: publicKey ?? "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5Q1vJv2rS0uJ4m0c1yq2H1c1bq0d6vV1aQ9Yb2sZ3k suite",
});

async function inNewFleet(driver: Driver, suite: DriverSuite, work: (subject: Harness) => Promise<void>) {
  const subject = new Harness(driver.resourceTypes, suite.context?.clock);
  try {
    await work(subject);
  } finally {
    await subject.settle([]);
  }
  const left = (await suite.leftovers?.({ fleet: subject.fleet, uids: subject.uids() })) ?? [];
  if (left.length > 0) throw new Error(`all was removed, and there still is: ${left.join("; ")}`);
}
