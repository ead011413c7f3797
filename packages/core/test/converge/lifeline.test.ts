import { describe, expect, test } from "vitest";
import { resource, World } from "./world.ts";

const sorts = {
  vm: { guarded: false, bootMs: 1000 },
  host: { external: true },
  engine: { contained: true, dies: "any" as const },
  member: { contained: true, dies: "all" as const },
};

describe("what ends with its parents", () => {
  test("is not asked to go when they are destroyed, and is forgotten with them", async () => {
    const world = new World(sorts);
    await world.converge([resource("m/vm", "vm"), resource("m/engine", "engine", ["m/vm"])]);
    world.requests();
    const outcomes = await world.converge([]);
    expect(outcomes.changes()).toEqual({ "m/vm": "deleted", "m/engine": "deleted" });
    const requests = world.requests();
    expect(requests["vm.delete"]).toBe(1);
    expect(requests).not.toHaveProperty("engine.delete");
    expect(world.cloud.live()).toEqual([]);
    expect(await world.saved("m/engine")).toBeUndefined();
  });

  test("is asked to go while its parent stays", async () => {
    const world = new World(sorts);
    await world.converge([resource("m/vm", "vm"), resource("m/engine", "engine", ["m/vm"])]);
    world.requests();
    await world.converge([resource("m/vm", "vm")]);
    expect(world.requests()).toMatchObject({ "engine.delete": 1 });
    expect(world.cloud.live().map(({ kind }) => kind)).toEqual(["vm"]);
  });

  test("is asked to go where its parent is the user's own host, which goes on", async () => {
    const world = new World(sorts);
    const wanted = [resource("m/host", "host"), resource("m/engine", "engine", ["m/host"])];
    wanted.push(resource("m/member", "member", ["m/engine"]));
    await world.converge(wanted);
    world.requests();
    await world.converge([]);
    expect(world.requests()).toMatchObject({ "engine.delete": 1, "member.delete": 1, "host.delete": 1 });
    expect(await world.saved("m/host")).toBeUndefined();
  });

  test("of several parents goes only with the last of them", async () => {
    const world = new World(sorts);
    const vms = [resource("a/vm", "vm"), resource("b/vm", "vm")];
    const wanted = [...vms, resource("@f/member", "member", ["a/vm", "b/vm"])];
    await world.converge(wanted);
    world.cloud.destroy(world.cloud.live("vm")[0]!.id);
    expect(world.cloud.live("member")).toHaveLength(1);
    world.requests();
    await world.converge([]);
    expect(world.requests()).not.toHaveProperty("member.delete");
    expect(world.cloud.live()).toEqual([]);
    expect(await world.saved("@f/member")).toBeUndefined();
  });
});

test("a user's own host is let go of: nobody waits for it to be gone", async () => {
  const world = new World(sorts);
  await world.converge([resource("m/host", "host")]);
  const kinds = { ...world.kinds, host: { ...world.kinds.host!, delete: async () => {} } };
  expect((await world.converge([], { resourceTypes: kinds })).of("m/host").change).toBe("deleted");
  expect(world.cloud.live("host")).toHaveLength(1);
});

test("what is shared is dropped with the last that needs it, in one write for each record", async () => {
  const world = new World({ cluster: { contained: true }, vm: {} });
  const wanted = [
    resource("m/vm", "vm"),
    resource("@f/cluster", "cluster", [], { after: ["m/vm"] }),
    resource("m/part", "cluster", ["@f/cluster"]),
  ];
  await world.converge(wanted);
  const saves: string[] = [];
  const store = { ...world.store, save: async (record: { scope: string }) => void saves.push(record.scope) };
  const { StateManager } = await import("@machinist/core");
  await world.converge([], { stateManager: new StateManager(store, await world.records([])) });
  // One for the intent to delete the vm; then both records once, with all that went.
  expect(saves).toEqual(["m", "m", "@f"]);
});
