import { setTimeout as delay } from "node:timers/promises";
import { type ResourceTypes, systemClock } from "@machinist/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resource, World, watched } from "./world.ts";

const wanted = [
  resource("@f/net", "net"),
  resource("m/vm", "vm", ["@f/net"]),
  resource("m/engine", "engine", ["m/vm"]),
];
const sorts = { net: {}, vm: { bootMs: 5000, token: true }, engine: {} };

describe("a run that is cancelled", () => {
  test.each([
    ["before it began", "", undefined],
    ["while a machine is made", "vm.create", undefined],
    ["while it is waited for", "vm.read", undefined],
    ["with a reason of one's own", "vm.read", new Error("SIGTERM")],
  ])("%s stops, says so for each, and goes on in the next run", async (_when, at, cause) => {
    const controller = new AbortController();
    if (at === "") controller.abort(cause);
    const wrap = watched((request) => {
      if (request === at) controller.abort(cause);
    });
    const world = new World(sorts, { wrap });
    const outcomes = await world.converge(wanted, { signal: controller.signal });
    expect(outcomes.changes()).toMatchObject({ "m/vm": "cancelled", "m/engine": "cancelled" });
    for (const { change, error } of outcomes.all) if (change === "cancelled") expect(error).toBeDefined();
    expect(world.events.filter(({ type }) => type === "failed")).toEqual([]);
    expect(world.cloud.live("engine")).toEqual([]);
    await world.converge(wanted);
    expect(world.cloud.live().map(({ kind }) => kind)).toEqual(["net", "vm", "engine"]);
  });

  test("in the middle of a kind's call is cancelled, however the kind says it", async () => {
    const cause = new Error("closed window");
    for (const say of ["throwIfAborted", "AbortError", "a timer"]) {
      const controller = new AbortController();
      const wrap = (kinds: ResourceTypes): ResourceTypes => ({
        vm: {
          ...kinds.vm!,
          create: async ({ signal }) => {
            setTimeout(() => controller.abort(cause), 1);
            if (say === "a timer") await delay(60_000, undefined, { signal });
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
            if (say === "AbortError") throw new DOMException("stopped", "AbortError");
            signal.throwIfAborted();
            return {};
          },
        },
      });
      const world = new World({ vm: {} }, { wrap });
      const outcomes = await world.converge([resource("m/vm", "vm")], { signal: controller.signal });
      expect(outcomes.of("m/vm"), say).toMatchObject({ change: "cancelled", error: { code: "cancelled" } });
      expect(await world.saved("m/vm")).toMatchObject({ status: "creating", generation: 1 });
    }
  });

  test("while things are removed keeps what is still there", async () => {
    const world = new World({ ...sorts, vm: { dyingMs: 60_000 } });
    await world.converge(wanted);
    const controller = new AbortController();
    const kinds = { ...world.kinds };
    const { read } = kinds.vm!;
    let reads = 0;
    kinds.vm = {
      ...kinds.vm!,
      read: (call) => {
        if (++reads > 2) controller.abort();
        return read(call);
      },
    };
    const outcomes = await world.converge([], { signal: controller.signal, resourceTypes: kinds });
    expect(outcomes.changes()).toEqual({ "@f/net": "cancelled", "m/vm": "cancelled", "m/engine": "deleted" });
    expect(await world.saved("m/vm")).toMatchObject({ status: "deleting" });
    await world.converge([]);
    expect(world.cloud.live()).toEqual([]);
    expect(await world.saved("@f/net")).toBeUndefined();
  });
});

describe("many machines that are waited for at once", () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  beforeEach(() => {
    warnings.length = 0;
    process.on("warning", note);
  });
  afterEach(() => {
    process.off("warning", note);
  });

  test("make Node warn of nothing", async () => {
    const wrap = (kinds: ResourceTypes): ResourceTypes => ({ vm: { ...kinds.vm!, pollIntervalMs: 5 } });
    const world = new World({ vm: { bootMs: 20 } }, { wrap });
    const many = Array.from({ length: 30 }, (_, number) => resource(`m${number}/vm`, "vm"));
    const clock = { now: () => world.clock.now(), sleep: systemClock.sleep };
    const ticking = setInterval(() => world.clock.advance(10), 10);
    await world.converge(many, { clock });
    clearInterval(ticking);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings.map(({ name }) => name)).toEqual([]);
  });
});
