import { converge, newRecord, type ResourceOutcome, StateManager } from "@machinist/core";
import { FakeDisk, oneFault } from "@machinist/testkit";
import { describe, expect, test } from "vitest";
import { type DriverWorld, driverWorld } from "./driver-world.ts";
import { clock } from "./lab.ts";

/** A fleet of three over the real loop, in a process that may end; the store stays. */
async function run(world: DriverWorld, disk: FakeDisk, machines: number): Promise<ResourceOutcome[]> {
  const names = ["web-1", "web-2", "web-3"].slice(0, machines);
  const plans = await Promise.all(names.map((name) => world.plan(name)));
  const wanted = [...new Map(plans.flat().map((resource) => [resource.id, resource])).values()];
  const store = disk.store({ dead: false, step: () => {} } as never);
  const records = await Promise.all(
    ["@demo", "web-1", "web-2", "web-3"].map(async (scope) => (await store.load(scope)) ?? newRecord(scope, "demo")),
  );
  const { resourceTypes } = world.again();
  const signal = new AbortController().signal;
  return converge({
    wanted,
    stateManager: new StateManager(store, records),
    resourceTypes: resourceTypes,
    emit: () => {},
    signal,
    clock,
  });
}

describe("an answer that is lost", () => {
  for (const lagMs of [0, 20_000])
    test(`after droplets were made, which show ${lagMs / 1000} s later, doubles none`, async () => {
      const world = await driverWorld();
      const disk = new FakeDisk();
      world.lab.faultPlan = { ...oneFault("lost", (call) => call === "droplets_create"), lagMs };
      const made = await run(world, disk, 3);
      expect(made.filter(({ change }) => change !== "created")).toEqual([]);
      expect(world.lab.world.droplets.all()).toHaveLength(3);
      world.lab.faultPlan = undefined;
      expect(new Set((await run(world, disk, 3)).map(({ change }) => change))).toEqual(new Set(["none"]));
      await run(world, disk, 0);
      expect(world.lab.inventory()).toEqual([]);
    });

  test("before anything was done is asked for again, as a whole", async () => {
    const world = await driverWorld();
    world.lab.faultPlan = oneFault("cut", (call) => call === "droplets_create");
    const made = await run(world, new FakeDisk(), 3);
    expect(made.filter(({ change }) => change !== "created")).toEqual([]);
    // On a busy computer the three may not come together, and go in more requests.
    expect(world.lab.calls.get("droplets_create")).toBeGreaterThanOrEqual(2);
    expect(world.lab.world.droplets.all()).toHaveLength(3);
  });
});
