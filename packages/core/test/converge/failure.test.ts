import { MachinistError } from "@machinist/core";
import { expect, test } from "vitest";
import { resource, World, watched } from "./world.ts";

const broken = new MachinistError("cloud.quota", "The quota is used up", { hint: "Ask for more" });

/** A world where calls with these words fail until `mend`. */
function fragile(...words: string[]) {
  const failing = new Set(words);
  const wrap = watched((request, id) => {
    if (failing.has(`${request} ${id}`)) throw broken;
  });
  return { world: new World({ vm: {}, engine: {}, stack: {} }, { wrap }), mend: () => failing.clear() };
}

const wanted = [
  resource("a/vm", "vm"),
  resource("b/vm", "vm"),
  resource("a/engine", "engine", ["a/vm"]),
  resource("b/engine", "engine", ["b/vm"]),
  resource("@f/stack", "stack", [], { after: ["a/engine", "b/engine"] }),
];

test("a failure stops only what depends on it, and what is blocked names the root", async () => {
  const { world, mend } = fragile("vm.create a/vm");
  const outcomes = await world.converge(wanted);
  expect(outcomes.changes()).toEqual({
    "a/vm": "failed",
    "b/vm": "created",
    "a/engine": "blocked",
    "b/engine": "created",
    "@f/stack": "blocked",
  });
  expect(outcomes.of("a/vm").error).toBe(broken);
  expect(outcomes.of("@f/stack").error?.message).toBe("@f/stack waits for something that failed");
  expect(world.events).toContainEqual({
    type: "resource",
    id: "@f/stack",
    kind: "stack",
    status: "blocked",
    detail: "The quota is used up",
  });
  expect(world.events.filter(({ type }) => type === "failed")).toEqual([
    { type: "failed", id: "a/vm", code: "cloud.quota", message: "The quota is used up", hint: "Ask for more" },
  ]);
  mend();
  const again = await world.converge(wanted);
  expect(again.changes()).toMatchObject({ "a/vm": "created", "b/vm": "none", "@f/stack": "created" });
});

test("what cannot be removed keeps what it stands on, and nothing else", async () => {
  const { world, mend } = fragile("engine.delete a/engine");
  await world.converge(wanted);
  const outcomes = await world.converge([]);
  expect(outcomes.changes()).toEqual({
    "a/vm": "blocked",
    "b/vm": "deleted",
    "a/engine": "failed",
    "b/engine": "deleted",
    "@f/stack": "deleted",
  });
  expect(await world.saved("a/engine")).toMatchObject({ status: "deleting" });
  mend();
  expect((await world.converge([])).changes()).toEqual({ "a/vm": "deleted", "a/engine": "deleted" });
  expect(world.cloud.live()).toEqual([]);
});

test("what could not be read is neither made again nor forgotten", async () => {
  const { world, mend } = fragile();
  await world.converge(wanted);
  const sick = fragile("vm.read a/vm");
  const kinds = {
    ...world.kinds,
    vm: { ...world.kinds.vm!, read: async () => Promise.reject(broken) },
  };
  expect(sick.world.kinds).toBeDefined();
  expect((await world.converge(wanted, { resourceTypes: kinds })).of("a/vm").change).toBe("failed");
  expect((await world.converge([], { resourceTypes: kinds })).of("a/vm").change).toBe("failed");
  expect(await world.saved("a/vm")).toBeDefined();
  expect(world.cloud.live("vm")).toHaveLength(2);
  mend();
});

test("an error that is none of ours is a bug, and still only a resource's", async () => {
  const wrap = watched((request, id) => {
    if (request === "vm.create" && id === "a/vm") throw new TypeError("x is not a function");
  });
  const world = new World({ vm: {} }, { wrap });
  const outcomes = await world.converge([resource("a/vm", "vm"), resource("b/vm", "vm")]);
  expect(outcomes.of("a/vm").error).toMatchObject({ code: "internal", hint: expect.stringContaining("bug") });
  expect(outcomes.of("b/vm").change).toBe("created");
});

test("a kind that nobody brought is named, with what to do", async () => {
  const world = new World({ vm: {} });
  const outcomes = await world.converge([resource("a/box", "box.thing"), resource("b/vm", "vm")]);
  expect(outcomes.of("a/box").error).toMatchObject({ code: "kind.unknown", message: /a\/box \(box\.thing\)/ });
  expect(outcomes.of("b/vm").change).toBe("created");
});

test("a graph that cannot be is refused before anything is asked for", async () => {
  const world = new World({ vm: {} });
  await expect(world.converge([resource("a/vm", "vm", ["a/none"])])).rejects.toMatchObject({ code: "graph.missing" });
  expect(world.requests()).toEqual({});
});

test("a store that cannot be written stops what it would have announced", async () => {
  const world = new World({ vm: {} });
  const store = {
    ...world.store,
    save: async () => Promise.reject(new MachinistError("store.write", "The disk is full")),
  };
  const { StateManager } = await import("@machinist/core");
  const ledger = new StateManager(store, await world.records([resource("a/vm", "vm")]));
  const outcomes = await world.converge([resource("a/vm", "vm")], { stateManager: ledger });
  expect(outcomes.of("a/vm").error).toMatchObject({ code: "store.write" });
  expect(world.cloud.objects).toEqual([]);
});
