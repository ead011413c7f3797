import type { ResourceTypes } from "@machinist/core";
import { expect, test } from "vitest";
import { resource, World } from "./world.ts";

/** Counts how many calls are under way at once. */
function busiest(kinds: ResourceTypes): { kinds: ResourceTypes; most: () => number } {
  let now = 0;
  let most = 0;
  const create = kinds.vm!.create;
  const slow: ResourceTypes = {
    ...kinds,
    vm: {
      ...kinds.vm!,
      create: async (call) => {
        most = Math.max(most, ++now);
        for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
        now--;
        return create(call);
      },
    },
  };
  return { kinds: slow, most: () => most };
}

const twenty = Array.from({ length: 20 }, (_, n) => resource(`m${n}/vm`, "vm"));

test.each([
  [1, 1],
  [4, 4],
  [100, 20],
])("what does not need each other is made at once, within a limit of %i", async (concurrency, most) => {
  let counted = () => 0;
  const wrap = (kinds: ResourceTypes) => {
    const counting = busiest(kinds);
    counted = counting.most;
    return counting.kinds;
  };
  const world = new World({ vm: {} }, { wrap });
  const outcomes = await world.converge(twenty, { concurrency });
  expect(outcomes.all.every(({ change }) => change === "created")).toBe(true);
  expect(counted()).toBe(most);
});

test("waiting for one machine to boot holds up no other, even with a limit of one", async () => {
  const world = new World({ vm: { bootMs: 60_000 } });
  const start = world.clock.now();
  const outcomes = await world.converge(twenty, { concurrency: 1 });
  expect(world.clock.now() - start).toBeLessThan(70_000);
  expect(Math.max(...outcomes.all.map(({ ms }) => ms))).toBeLessThan(70_000);
  expect(Math.min(...outcomes.all.map(({ ms }) => ms))).toBeGreaterThanOrEqual(60_000);
});

test("parents and what it comes after are there and ready before a resource is asked for", async () => {
  // In this cloud nothing can be made in what is not ready.
  const world = new World({ net: { bootMs: 2000 }, vm: { bootMs: 3000, dies: "any" }, engine: { dies: "any" } });
  const wanted = [
    resource("m/engine", "engine", ["m/vm"]),
    resource("m/vm", "vm", ["@f/net"], { after: ["@f/image"] }),
    resource("@f/net", "net"),
    resource("@f/image", "net"),
  ];
  const outcomes = await world.converge(wanted);
  expect(new Set(Object.values(outcomes.changes()))).toEqual(new Set(["created"]));
  expect(world.cloud.objects.map(({ kind }) => kind)).toEqual(["net", "net", "vm", "engine"]);
  expect(outcomes.of("m/engine").ms).toBeGreaterThanOrEqual(5000);
  expect(world.statuses("m/vm")).toEqual(["creating", "waiting", "ready"]);
});

test("removal goes the other way round, and each thing is asked to go once", async () => {
  const world = new World({ net: { guarded: true }, vm: { guarded: true, dyingMs: 2000 }, engine: {} });
  const wanted = [
    resource("@f/net", "net"),
    resource("m/vm", "vm", ["@f/net"]),
    resource("n/vm", "vm", [], { after: ["@f/net"] }),
    resource("m/engine", "engine", ["m/vm"]),
  ];
  await world.converge(wanted);
  world.requests();
  expect(new Set(Object.values((await world.converge([])).changes()))).toEqual(new Set(["deleted"]));
  expect(world.requests()).toMatchObject({ "net.delete": 1, "vm.delete": 2, "engine.delete": 1 });
  expect(world.cloud.live()).toEqual([]);
  expect(await world.saved("m/vm")).toBeUndefined();
  expect(world.statuses("m/vm").at(-1)).toBe("deleted");
});

test("a second run finds nothing to do, reads each thing once, and says so", async () => {
  const world = new World({ vm: { updatable: true } });
  await world.converge(twenty);
  world.requests();
  const outcomes = await world.converge(twenty);
  expect(new Set(Object.values(outcomes.changes()))).toEqual(new Set(["none"]));
  expect(world.requests()).toEqual({ "vm.read": 20 });
  expect(world.statuses("m3/vm")).toEqual(["reading", "unchanged"]);
});
