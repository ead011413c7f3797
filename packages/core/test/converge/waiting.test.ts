import {
  type Clock,
  MachinistError,
  ownerSpent,
  type ResourceTypes,
  type ScopeRecord,
  StateManager,
} from "@machinist/core";
import { describe, expect, test } from "vitest";
import { resource, World } from "./world.ts";

const vm = [resource("m/vm", "vm")];

describe("a resource that is waited for", () => {
  test("and does not become ready in its time is told by what is missing, and waited for again by the next run", async () => {
    const wrap = (kinds: ResourceTypes): ResourceTypes => ({ ...kinds, vm: { ...kinds.vm!, readyTimeoutMs: 10_000 } });
    const world = new World({ vm: { bootMs: 15_000 }, engine: {} }, { wrap });
    const wanted = [...vm, resource("m/engine", "engine", ["m/vm"])];
    const outcomes = await world.converge(wanted);
    expect(outcomes.of("m/vm").error).toMatchObject({
      code: "resource.timeout",
      message: "m/vm was not ready after 10 s, still waiting for it to boot",
      hint: expect.stringContaining("same command again"),
    });
    expect(outcomes.of("m/engine").change).toBe("blocked");
    expect((await world.converge(wanted)).changes()).toEqual({ "m/vm": "none", "m/engine": "created" });
    expect(world.cloud.live("vm")).toHaveLength(1);
  });

  test("and disappears meanwhile is no success", async () => {
    const world = new World({ vm: { bootMs: 10_000 } });
    const { read } = world.kinds.vm!;
    const kinds = {
      vm: {
        ...world.kinds.vm!,
        read: async (call: Parameters<typeof read>[0]) => {
          for (const each of world.cloud.live()) world.cloud.destroy(each.id);
          return read(call);
        },
      },
    };
    const gone = await world.converge(vm, { resourceTypes: kinds });
    expect(gone.of("m/vm").error).toMatchObject({ code: "resource.vanished", hint: expect.any(String) });
    expect((await world.converge(vm)).of("m/vm").change).toBe("created");
    expect(world.cloud.live()).toHaveLength(1);
  });

  test("to be gone, and stays, is not forgotten", async () => {
    const wrap = (kinds: ResourceTypes): ResourceTypes => ({ ...kinds, vm: { ...kinds.vm!, readyTimeoutMs: 10_000 } });
    const world = new World({ vm: { dyingMs: 25_000 } }, { wrap });
    await world.converge(vm);
    expect((await world.converge([])).of("m/vm").error).toMatchObject({ code: "resource.timeout" });
    expect(await world.saved("m/vm")).toBeDefined();
    await world.converge([]);
    expect((await world.converge([])).changes()).toMatchObject({ "m/vm": "deleted" });
  });

  test("and whose provider never answers is given up, told to stop, and found by the next run", async () => {
    const world = new World({ vm: {} });
    let told: unknown;
    const hangs = {
      ...world.kinds.vm!,
      callTimeoutMs: 50,
      create: ({ signal }: Parameters<NonNullable<ResourceTypes[string]>["create"]>[0]) =>
        new Promise<never>(() => signal.addEventListener("abort", () => (told = signal.reason))),
    };
    expect((await world.converge(vm, { resourceTypes: { vm: hangs } })).of("m/vm").error).toMatchObject({
      code: "resource.timeout",
      message: "m/vm did not answer within 0.05 s",
    });
    expect(told).toMatchObject({ code: "resource.timeout" });
    expect((await world.converge(vm)).of("m/vm").change).toBe("created");
  });

  test("says once what it waits for", async () => {
    const world = new World({ vm: { bootMs: 10_000 } });
    await world.converge(vm);
    expect(world.statuses("m/vm")).toEqual(["creating", "waiting", "ready"]);
    expect(world.events).toContainEqual(expect.objectContaining({ status: "waiting", detail: "it to boot" }));
  });
});

describe("a request", () => {
  test("whose answer is lost is not made twice, though names are not unique and new things hide", async () => {
    const world = new World({ vm: {} }, { lagMs: 2500 });
    const { create } = world.kinds.vm!;
    let lost = 0;
    const kinds: ResourceTypes = {
      vm: {
        ...world.kinds.vm!,
        create: async (call) => {
          const state = await create(call);
          if (lost++ === 0) throw new MachinistError("cloud.cut", "Cut off", { retryable: true });
          return state;
        },
      },
    };
    expect((await world.converge(vm, { resourceTypes: kinds })).of("m/vm").change).toBe("created");
    expect(world.cloud.objects).toHaveLength(1);
    expect(world.statuses("m/vm")).toContain("retrying");
  });

  describe.each([
    ["an hour ahead", 3_600_000],
    ["an hour behind", -3_600_000],
  ])("of a killed run", (how, skew) => {
    const apart = (world: World): Clock => ({
      now: () => world.clock.now() + skew,
      sleep: (ms, signal) => world.clock.sleep(ms, signal),
    });
    async function killedOver(world: World): Promise<void> {
      const dying: ResourceTypes = {
        vm: {
          ...world.kinds.vm!,
          create: (call) => world.kinds.vm!.create(call).then(() => new Promise<never>(() => {})),
        },
      };
      void world.converge(vm, { resourceTypes: dying });
      while (world.cloud.objects.length === 0) await new Promise(setImmediate);
    }

    test(`is not made twice by a computer whose clock is ${how}, and is waited for no longer than it can hide`, async () => {
      const world = new World({ vm: {} }, { lagMs: 30_000 });
      await killedOver(world);
      const before = world.clock.now();
      const store = { ...world.store, now: async () => world.clock.now() };
      const ledger = new StateManager(store, await world.records(vm));
      expect(
        (await world.converge(vm, { stateManager: ledger, clock: apart(world) })).of("m/vm").error,
      ).toBeUndefined();
      expect(world.cloud.objects).toHaveLength(1);
      expect(world.clock.now() - before).toBeLessThanOrEqual(32_000);
    });

    test(`is not made twice where the store's clock, ${how}, cannot be read or was set meanwhile`, async () => {
      const world = new World({ vm: {} }, { lagMs: 30_000 });
      await killedOver(world);
      const before = world.clock.now();
      const unread = async () => {
        if (skew > 0) throw new Error("no space left");
        return before + skew;
      };
      const ledger = new StateManager({ ...world.store, now: unread }, await world.records(vm));
      expect(
        (await world.converge(vm, { stateManager: ledger, clock: apart(world) })).of("m/vm").error,
      ).toBeUndefined();
      expect(world.cloud.objects).toHaveLength(1);
      expect(world.clock.now() - before).toBeLessThanOrEqual(32_000);
    });
  });

  test.each([
    ["the answer is lost", false],
    ["the process is killed", true],
  ])("that waits long before it sends is not repeated while its object is hidden: %s", async (_what, killed) => {
    const world = new World({ vm: {} }, { lagMs: 5000 });
    const { create } = world.kinds.vm!;
    let cut = 0;
    const kinds: ResourceTypes = {
      vm: {
        ...world.kinds.vm!,
        create: async (call) => {
          if (cut++ > 0) return create(call);
          world.clock.advance(100_000); // it looked, was refused, and waited
          if (killed) await call.markRequestSent?.();
          await create(call);
          throw new MachinistError("cloud.cut", "Cut off", { retryable: !killed });
        },
      },
    };
    if (killed) {
      // Of a process that is dead the record keeps what was there when it sent.
      const put = world.store.save.bind(world.store);
      let saved = 0;
      const dying = {
        ...world.store,
        save: (record: ScopeRecord) => (++saved > 2 ? new Promise<never>(() => {}) : put(record)),
      };
      void world.converge(vm, { resourceTypes: kinds, stateManager: new StateManager(dying, await world.records(vm)) });
      while (cut === 0 || world.cloud.objects.length === 0) await new Promise(setImmediate);
    }
    expect((await world.converge(vm, { resourceTypes: kinds })).of("m/vm").error).toBeUndefined();
    expect(world.cloud.objects).toHaveLength(1);
  });

  test("that is refused is tried again, and each try is announced before", async () => {
    const world = new World({ vm: {} });
    const intents: number[] = [];
    const kinds: ResourceTypes = {
      vm: {
        ...world.kinds.vm!,
        create: async (call) => {
          intents.push((await world.saved("m/vm"))?.intentAt ?? 0);
          if (intents.length < 3)
            throw new MachinistError("cloud.busy", "Busy", { retryable: true, retryAfterMs: 5000 });
          return world.kinds.vm!.create(call);
        },
      },
    };
    expect((await world.converge(vm, { resourceTypes: kinds })).of("m/vm").change).toBe("created");
    expect(intents).toHaveLength(3);
    expect(intents[1]! - intents[0]!).toBeGreaterThanOrEqual(5000);
  });

  test("that was interrupted keeps its mark; where that names something gone, a new one is taken", async () => {
    const world = new World({ vm: { token: true } });
    const { create } = world.kinds.vm!;
    const owners: string[] = [];
    const kinds = (after: () => void): ResourceTypes => ({
      vm: {
        ...world.kinds.vm!,
        create: async (call) => {
          owners.push(call.owner);
          const state = await create(call);
          after();
          return state;
        },
      },
    });
    const cut = kinds(() => {
      for (const each of world.cloud.live()) world.cloud.destroy(each.id);
      throw new Error("killed");
    });
    await world.converge(vm, { resourceTypes: cut });
    expect((await world.converge(vm, { resourceTypes: kinds(() => {}) })).of("m/vm").change).toBe("created");
    expect(owners[1]).toBe(owners[0]);
    expect(owners[2]).not.toBe(owners[0]);
    expect(world.cloud.live()).toHaveLength(1);
  });

  test("of a fresh mark that is called spent is an error, not a loop", async () => {
    const world = new World({ vm: {} });
    const create = async () => Promise.reject(new MachinistError(ownerSpent, "Spent"));
    const outcomes = await world.converge(vm, { resourceTypes: { vm: { ...world.kinds.vm!, create } } });
    expect(outcomes.of("m/vm").error).toMatchObject({ code: ownerSpent });
  });

  test("that was interrupted and is wanted otherwise now gets a new mark", async () => {
    const world = new World({ vm: { token: true } });
    const owners: string[] = [];
    const refuse = async (call: { owner: string }) => {
      owners.push(call.owner);
      throw new Error("refused");
    };
    const kinds = { vm: { ...world.kinds.vm!, create: refuse } };
    const sized = (size: number) => [resource("m/vm", "vm", [], { props: { size } })];
    await world.converge(sized(1), { resourceTypes: kinds });
    await world.converge(sized(1), { resourceTypes: kinds });
    await world.converge(sized(2), { resourceTypes: kinds });
    expect(owners[1]).toBe(owners[0]);
    expect(owners[2]).not.toBe(owners[0]);
  });
});

test("an absence is believed only when a new thing could not hide any more", async () => {
  const world = new World({ vm: {} }, { lagMs: 3000 });
  const { create } = world.kinds.vm!;
  const killed: ResourceTypes = {
    vm: {
      ...world.kinds.vm!,
      create: async (call) => {
        await create(call);
        throw new Error("killed");
      },
    },
  };
  await world.converge(vm, { resourceTypes: killed });
  expect((await world.converge([])).of("m/vm").change).toBe("deleted");
  world.clock.advance(60_000);
  expect(world.cloud.live()).toEqual([]);
});
