import type { ResourceTypes } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { resource, World, watched } from "./world.ts";

const sorts = {
  net: { updatable: true },
  vm: { updatable: true, immutable: ["image"], bootMs: 1000 },
  disk: {},
  engine: { updatable: true, contained: true, dies: "any" as const },
  probe: {},
};
const vm = (props: { size?: number; image?: string }) =>
  resource("m/vm", "vm", ["@f/net"], { props: { size: 1, image: "x", ...props } });
const fleet = (props: { size?: number; image?: string } = {}) => [
  resource("@f/net", "net"),
  vm(props),
  resource("m/disk", "disk", ["m/vm"]),
  resource("m/engine", "engine", ["m/vm"]),
  resource("m/probe", "probe", [], { after: ["m/vm"] }),
];

describe("a prop that differs", () => {
  test("is changed in place where that can be, and the kind is told which", async () => {
    const world = new World(sorts);
    await world.converge(fleet());
    const told: (readonly string[])[] = [];
    const note = (changed: readonly string[]) => told[told.push(changed) - 1]!;
    const { update } = world.kinds.vm!;
    const kinds: ResourceTypes = {
      ...world.kinds,
      vm: { ...world.kinds.vm!, update: (call) => update!({ ...call, changed: note(call.changed) }) },
    };
    const outcomes = await world.converge(fleet({ size: 2 }), { resourceTypes: kinds });
    expect(outcomes.changes()).toMatchObject({ "m/vm": "updated", "m/disk": "none", "m/engine": "none" });
    expect(told).toEqual([["size"]]);
    expect(world.statuses("m/vm")).toEqual(["reading", "updating", "ready"]);
    expect(world.cloud.live("vm")).toMatchObject([{ id: "vm-2", props: { size: 2 } }]);
  });

  test("forces a replacement where it cannot, which is refused unless agreed to", async () => {
    const world = new World(sorts);
    await world.converge(fleet());
    const before = world.cloud.live().map(({ id }) => id);
    const refused = await world.converge(fleet({ image: "y" }));
    expect(refused.of("m/vm").error).toMatchObject({
      code: "plan.replace",
      message: "m/vm must be replaced to change image",
      hint: expect.stringContaining("--replace"),
    });
    expect(refused.of("m/disk").change).toBe("blocked");
    expect(world.cloud.live().map(({ id }) => id)).toEqual(before);
  });

  test("replaces a resource with all that lives in it, but not with what only comes after it", async () => {
    const world = new World(sorts);
    await world.converge(fleet());
    world.requests();
    const outcomes = await world.converge(fleet({ image: "y" }), { replace: true });
    expect(outcomes.changes()).toEqual({
      "@f/net": "none",
      "m/vm": "replaced",
      "m/disk": "created",
      "m/engine": "created",
      "m/probe": "none",
    });
    // The engine is contained: it was never asked to go.
    const requests = world.requests();
    expect(requests).toMatchObject({ "disk.delete": 1, "vm.delete": 1, "vm.create": 1, "disk.create": 1 });
    expect(requests).not.toHaveProperty("engine.delete");
    expect(requests).not.toHaveProperty("probe.delete");
    expect((await world.saved("m/vm"))?.generation).toBeGreaterThan((await world.saved("m/probe"))?.generation ?? 99);
    expect(world.cloud.live("vm")).toHaveLength(1);
  });

  test("of a kind without update replaces it", async () => {
    const world = new World(sorts);
    const disk = (size: number) => [resource("m/disk", "disk", [], { props: { size } })];
    await world.converge(disk(1));
    expect((await world.converge(disk(2))).of("m/disk").error?.message).toContain("to change size");
    expect((await world.converge(disk(2), { replace: true })).of("m/disk").change).toBe("replaced");
    expect(world.cloud.live("disk")).toMatchObject([{ props: { size: 2 } }]);
  });

  test("another kind under the same id is a replacement", async () => {
    const world = new World(sorts);
    await world.converge([resource("m/x", "disk")]);
    expect((await world.converge([resource("m/x", "probe")])).of("m/x").error?.message).toContain("to change kind");
    await world.converge([resource("m/x", "probe")], { replace: true });
    expect(world.cloud.live().map(({ kind }) => kind)).toEqual(["probe"]);
  });
});

describe("a world that was changed by others", () => {
  test("is repaired where that can be done in place", async () => {
    const world = new World(sorts);
    await world.converge(fleet());
    world.cloud.live("vm")[0]!.props = { size: 9, image: "x" };
    expect((await world.plan(fleet()))["m/vm"]).toMatchObject({ action: "update", props: ["size"], drift: true });
    expect((await world.converge(fleet())).of("m/vm").change).toBe("updated");
    expect(world.cloud.live("vm")[0]?.props).toEqual({ size: 1, image: "x" });
  });

  test("is replaced only if agreed to where it cannot", async () => {
    const world = new World(sorts);
    await world.converge(fleet());
    world.cloud.live("vm")[0]!.props = { size: 1, image: "changed" };
    expect((await world.plan(fleet()))["m/vm"]).toMatchObject({ action: "replace", props: ["image"], drift: true });
    expect((await world.converge(fleet())).of("m/vm").error).toMatchObject({ code: "plan.replace" });
    expect((await world.converge(fleet(), { replace: true })).of("m/vm").change).toBe("replaced");
  });

  test("is made again where something disappeared, with what lived in it", async () => {
    const world = new World(sorts);
    await world.converge(fleet());
    world.cloud.destroy(world.cloud.live("vm")[0]!.id);
    const outcomes = await world.converge(fleet());
    expect(outcomes.changes()).toMatchObject({ "m/vm": "created", "m/disk": "created", "m/probe": "none" });
    expect(world.events).toContainEqual(expect.objectContaining({ type: "log", level: "warn", id: "m/vm" }));
    expect(world.cloud.live("disk")).toHaveLength(1);
  });
});

test("props can be applied once more though nothing differs", async () => {
  const world = new World(sorts);
  await world.converge(fleet());
  world.requests();
  const again = new Map([["m/vm", ["size"]]]);
  expect((await world.converge(fleet(), { again })).changes()).toMatchObject({ "m/vm": "updated", "m/engine": "none" });
  expect(world.requests()).toMatchObject({ "vm.update": 1 });
});

test("a change of what it needs is remembered though its props stay the same", async () => {
  const world = new World({ net: { guarded: true }, vm: { updatable: true } });
  const nets = [resource("@f/one", "net"), resource("@f/two", "net")];
  const on = (net: string) => [...nets, resource("m/vm", "vm", [], { after: [net] })];
  await world.converge(on("@f/one"));
  expect((await world.converge(on("@f/two"))).of("m/vm").change).toBe("none");
  expect(await world.saved("m/vm")).toMatchObject({ after: ["@f/two"] });
  expect((await world.converge(nets)).of("m/vm").change).toBe("deleted");
});

test("what is no longer needed goes after those that needed it were changed", async () => {
  const order: string[] = [];
  const wrap = watched(async (request, id) => {
    // The update takes its time.
    if (request === "vm.update") for (let turns = 0; turns < 20; turns++) await new Promise((r) => setImmediate(r));
    if (/update|delete/.test(request)) order.push(`${request} ${id}`);
  });
  const world = new World({ net: {}, vm: { updatable: true } }, { wrap });
  const on = (net: string) => [resource(net, "net"), resource("m/vm", "vm", [], { props: { net }, after: [net] })];
  await world.converge(on("@f/one"));
  await world.converge(on("@f/two"));
  expect(order).toEqual(["vm.update m/vm", "net.delete @f/one"]);
});

test("what is no longer needed stays while one that needed it could not be changed", async () => {
  const wrap = watched((request) => {
    if (request === "vm.update") throw new Error("refused");
  });
  const world = new World({ net: {}, vm: { updatable: true } }, { wrap });
  const on = (net: string) => [resource(net, "net"), resource("m/vm", "vm", [], { props: { net }, after: [net] })];
  await world.converge(on("@f/one"));
  const outcomes = await world.converge(on("@f/two"));
  expect(outcomes.changes()).toMatchObject({ "m/vm": "failed", "@f/one": "blocked", "@f/two": "created" });
});

test("a change that was interrupted is not forgotten over the next one", async () => {
  const told: (readonly string[])[] = [];
  let refuse = true;
  const wrap = (kinds: ResourceTypes): ResourceTypes => ({
    // It cannot see drift: only by `changed` it knows what to do.
    vm: {
      ...kinds.vm!,
      drift: () => [],
      update: async (call) => {
        told.push(call.changed);
        if (refuse) throw new Error("interrupted");
        return kinds.vm!.update!(call);
      },
    },
  });
  const world = new World({ vm: { updatable: true, immutable: ["image"] } }, { wrap });
  const vm = (size: number, label: string) => [resource("m/vm", "vm", [], { props: { size, label, image: "x" } })];
  await world.converge(vm(1, "a"));
  await world.converge(vm(2, "a"));
  expect(await world.saved("m/vm")).toMatchObject({ status: "updating", props: { size: 2 } });
  expect((await world.plan(vm(2, "a")))["m/vm"]).toMatchObject({ action: "update" });
  refuse = false;
  expect((await world.converge(vm(2, "b"))).of("m/vm").change).toBe("updated");
  expect(told[1]).toEqual(["label", "size"]);
  expect(await world.saved("m/vm")).toMatchObject({ status: "created" });
});

test("a change that was interrupted is finished, without another one", async () => {
  const told: (readonly string[])[] = [];
  const wrap = (kinds: ResourceTypes): ResourceTypes => ({
    vm: {
      ...kinds.vm!,
      drift: () => [],
      update: async (call) => {
        told.push(call.changed);
        if (told.length === 1) throw new Error("interrupted");
        return kinds.vm!.update!(call);
      },
    },
  });
  const world = new World({ vm: { updatable: true } }, { wrap });
  const vm = (size: number) => [resource("m/vm", "vm", [], { props: { size } })];
  await world.converge(vm(1));
  await world.converge(vm(2));
  expect((await world.converge(vm(2))).of("m/vm").change).toBe("updated");
  expect(told).toEqual([["size"], ["size"]]);
  expect((await world.converge(vm(2))).of("m/vm").change).toBe("none");
  expect(world.cloud.live("vm")[0]?.props).toEqual({ size: 2 });
});
