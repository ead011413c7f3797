import type { Resource, ResourceTypes } from "@machinist/core";
import { RolloutLimiter } from "@machinist/core";
import { expect, test } from "vitest";
import { type Outcomes, resource, World } from "./world.ts";

const sorts = {
  vm: { updatable: true, immutable: ["image"], dies: "any" as const },
  engine: { updatable: true, contained: true, dies: "any" as const, interrupts: ["version"] },
  cluster: { contained: true, dies: "all" as const, spreads: true },
  member: { updatable: true, contained: true, dies: "all" as const, drainable: true },
};

interface Shape {
  readonly machines: number;
  readonly version?: number;
  readonly image?: string;
  readonly limit?: number;
}

/** Machines that are all managers: what they form comes after each engine, and each member lives in it. */
function fleet({ machines, version = 1, image = "x", limit = 1 }: Shape): Resource[] {
  const names = Array.from({ length: machines }, (_, index) => `m${index}`);
  const rolling = [{ name: "@f/swarm", limit }];
  return [
    ...names.flatMap((name): Resource[] => [
      resource(`${name}/vm`, "vm", [], { props: { image } }),
      resource(`${name}/engine`, "engine", [`${name}/vm`], { props: { version } }),
      { ...resource(`${name}/swarm`, "member", [`${name}/engine`, "@f/swarm"], { props: { name } }), rolling },
    ]),
    resource("@f/swarm", "cluster", [], { after: names.map((name) => `${name}/engine`) }),
  ];
}

/** A world that notes who goes out of service, how, and how many were out then. */
function rolling(wrap?: (kinds: ResourceTypes) => ResourceTypes) {
  const world = new World(sorts, wrap ? { wrap } : {});
  const outs: { name: string; how: string; out: number }[] = [];
  world.cloud.onOut = (object, how) => {
    const out = world.cloud.live("member").filter((each) => !each.serving).length;
    outs.push({ name: String(object.props.name), how, out });
  };
  return { world, outs };
}

const ok = (outcomes: Outcomes) => expect(outcomes.all.filter((each) => each.error)).toEqual([]);

test("what interrupts members is done to one after the other, drained, and each serves before the next", async () => {
  const { world, outs } = rolling();
  ok(await world.converge(fleet({ machines: 4 })));
  ok(await world.converge(fleet({ machines: 4, version: 2 })));
  expect(outs.map(({ how, out }) => `${how} while ${out} out`)).toEqual(Array(4).fill("drained while 0 out"));
  expect(new Set(outs.map(({ name }) => name)).size).toBe(4);
  expect(world.cloud.live("member").every(({ serving }) => serving)).toBe(true);
  expect((await world.saved("m1/swarm"))?.out).toBeUndefined();
});

/** A member that goes out takes the knowledge of all others with it; each is known again once it was asked for twice. */
function forgetful() {
  const unknown = new Map<string, number>();
  const made = rolling((kinds) => ({
    ...kinds,
    member: {
      ...kinds.member!,
      drain: async (call) => {
        await kinds.member!.drain!(call);
        for (const { props } of made.world.cloud.live("member")) unknown.set(`${props.name}/swarm`, 2);
      },
      read: async (call) => {
        const left = unknown.get(call.id) ?? 0;
        if (left > 0) unknown.set(call.id, left - 1);
        const seen = await kinds.member!.read(call);
        return seen && { ...seen, known: left === 0 };
      },
      ready: (state, props) => (state.known === false ? "the others to know it" : kinds.member!.ready!(state, props)),
    },
  }));
  return { ...made, unknown: () => [...unknown].filter(([, left]) => left > 0).map(([id]) => id) };
}

test("it is done once all serve, also those that were done before another took their place from them", async () => {
  const { world, unknown } = forgetful();
  ok(await world.converge(fleet({ machines: 4 })));
  ok(await world.converge(fleet({ machines: 4, version: 2 })));
  expect(unknown()).toEqual([]);
  for (const name of ["m0", "m1", "m2", "m3"]) expect((await world.saved(`${name}/swarm`))?.state?.known).toBe(true);
});

test("one that does not serve again is told, and nobody is asked twice where nobody went out", async () => {
  const drained: string[] = [];
  const { world } = rolling((kinds) => ({
    ...kinds,
    member: {
      ...kinds.member!,
      readyTimeoutMs: 2000,
      drain: async (call) => {
        await kinds.member!.drain!(call);
        drained.push(call.id);
      },
      // The last to go out costs the first its place.
      ready: (state, props) =>
        drained.length === 4 && drained[0] === `${props.name}/swarm`
          ? "the others"
          : kinds.member!.ready!(state, props),
    },
  }));
  ok(await world.converge(fleet({ machines: 4 })));
  const before = world.requests()["member.read"];
  ok(await world.converge(fleet({ machines: 4 })));
  const once = (world.requests()["member.read"] ?? 0) - (before ?? 0);
  expect(once).toBe(4);
  const outcomes = await world.converge(fleet({ machines: 4, version: 2 }));
  expect(outcomes.all.filter(({ error }) => error).map(({ id, error }) => [id, error?.code])).toEqual([
    [drained[0], "resource.timeout"],
  ]);
});

test("as many at once as the limit says", async () => {
  const { world, outs } = rolling();
  ok(await world.converge(fleet({ machines: 5, limit: 2 })));
  ok(await world.converge(fleet({ machines: 5, limit: 2, version: 2 })));
  expect(Math.max(...outs.map(({ out }) => out))).toBe(1);
  expect(outs).toHaveLength(5);
});

test("machines are replaced one after the other, and what lives in all of them lives on", async () => {
  const { world, outs } = rolling();
  ok(await world.converge(fleet({ machines: 3 })));
  const [cluster] = world.cloud.live("cluster");
  ok(await world.converge(fleet({ machines: 3, image: "y" }), { replace: true }));
  expect(world.cloud.live("cluster")).toEqual([cluster]);
  expect(outs.map(({ how, out }) => `${how} ${out}`)).toEqual(Array(3).fill("drained 0"));
});

test("what is wanted no more goes one after the other, after what is new", async () => {
  const order: string[] = [];
  const { world } = rolling((kinds) => ({
    ...kinds,
    member: {
      ...kinds.member!,
      cordon: async ({ id }) => void order.push(`cordon ${id}`),
      create: async (call) => {
        order.push(`create ${call.id}`);
        return kinds.member!.create(call);
      },
      delete: async (call) => {
        order.push(`delete ${call.id}`);
        return kinds.member!.delete(call);
      },
    },
  }));
  const four = fleet({ machines: 4 });
  const old = four.filter(({ id }) => !id.startsWith("m3/"));
  ok(await world.converge(old.map((each) => (each.kind === "cluster" ? { ...each, after: ["m0/engine"] } : each))));
  order.length = 0;
  const rest = four.filter(({ id }) => !id.startsWith("m1/") && !id.startsWith("m2/"));
  ok(await world.converge(rest.map((each) => (each.kind === "cluster" ? { ...each, after: ["m0/engine"] } : each))));
  expect(order.indexOf("create m3/swarm")).toBeLessThan(order.indexOf("delete m1/swarm"));
  expect(order.filter((each) => each.startsWith("cordon")).sort()).toEqual(["cordon m1/swarm", "cordon m2/swarm"]);
  expect(order.indexOf("cordon m2/swarm")).toBeLessThan(order.indexOf("delete m1/swarm"));
});

test("when all go, nobody waits for a turn or is drained", async () => {
  const { world, outs } = rolling();
  ok(await world.converge(fleet({ machines: 3 })));
  ok(await world.converge([]));
  expect(world.events.filter((event) => "detail" in event && /turn/.test(event.detail ?? ""))).toEqual([]);
  expect(outs.filter(({ how }) => how === "drained")).toEqual([]);
});

test("one that does not come back ends the change: the others stay in service", async () => {
  let broken = false;
  const { world, outs } = rolling((kinds) => ({
    ...kinds,
    engine: {
      ...kinds.engine!,
      update: async (call) => {
        if (broken) throw new Error("the new version does not start");
        return kinds.engine!.update!(call);
      },
    },
  }));
  ok(await world.converge(fleet({ machines: 3 })));
  broken = true;
  const outcomes = await world.converge(fleet({ machines: 3, version: 2 }));
  expect(outs).toHaveLength(1);
  const first = outs[0]!.name;
  const others = ["m0", "m1", "m2"].filter((name) => name !== first);
  for (const name of others) expect(outcomes.of(`${name}/engine`).error?.code).toBe("rolling.stopped");
  expect((await world.saved(`${first}/swarm`))?.out).toBe(true);

  // The next run brings back the one that is out before it touches another.
  broken = false;
  outs.length = 0;
  ok(await world.converge(fleet({ machines: 3, version: 2 })));
  expect(outs.map(({ name }) => name).sort()).toEqual(others);
  expect(outs.every(({ out }) => out === 0)).toBe(true);
});

test("a drain that is refused leaves what it was for undone", async () => {
  const { world } = rolling((kinds) => ({
    ...kinds,
    member: {
      ...kinds.member!,
      drain: async () => {
        throw new Error("there would be no majority");
      },
    },
  }));
  ok(await world.converge(fleet({ machines: 2 })));
  world.requests();
  const outcomes = await world.converge(fleet({ machines: 2, version: 2 }));
  expect(outcomes.all.filter(({ change }) => change === "updated")).toEqual([]);
  expect(world.requests()["engine.update"]).toBeUndefined();
});

test("runs at the same time share their turns, and one that is cancelled gives up its place in the queue", async () => {
  const turns = new RolloutLimiter();
  const group = [{ name: "g", limit: 1 }];
  const never = new AbortController();
  await turns.take("a", group, never.signal, () => {});
  const said: string[] = [];
  const stop = new AbortController();
  const second = turns.take("b", group, stop.signal, () => said.push("b waits"));
  const third = turns.take("c", group, never.signal, () => said.push("c waits"));
  stop.abort();
  await expect(second).rejects.toMatchObject({ code: "cancelled" });
  turns.leave("a", true);
  await third;
  expect(said).toEqual(["b waits", "c waits"]);
  turns.leave("c", false);
  await expect(turns.take("d", group, never.signal, () => {})).rejects.toMatchObject({ code: "rolling.stopped" });
});

test("when what all of them live in has ended, none waits for the others to serve again", async () => {
  const { world } = rolling();
  ok(await world.converge(fleet({ machines: 3 })));
  for (const { id } of world.cloud.live("cluster")) world.cloud.destroy(id);
  ok(await world.converge(fleet({ machines: 3, image: "y" }), { replace: true }));
  expect(world.cloud.live("member")).toHaveLength(3);
  expect(world.cloud.live("vm").every(({ props }) => props.image === "y")).toBe(true);
});

test("a member that is gone waits for no turn", async () => {
  const { world, outs } = rolling();
  ok(await world.converge(fleet({ machines: 3 })));
  const gone = world.cloud.live("member").find(({ props }) => props.name === "m2");
  world.cloud.destroy(String(gone?.id));
  ok(await world.converge(fleet({ machines: 3, version: 2 })));
  expect(outs.map(({ name }) => name).sort()).toEqual(["m0", "m1"]);
  const waits = world.events.filter((event) => "detail" in event && /turn/.test(event.detail ?? ""));
  expect(waits.filter((event) => "id" in event && event.id.startsWith("m2/"))).toEqual([]);
  expect(world.cloud.live("member")).toHaveLength(3);
});

test("what ends with the last machine it lived in is there again when the run is done", async () => {
  const { world } = rolling();
  const shape = (names: readonly string[], image: string) =>
    fleet({ machines: 3, image })
      .filter(({ id }) => id.startsWith("@") || names.some((name) => id.startsWith(`${name}/`)))
      .map((each) => (each.kind === "cluster" ? { ...each, after: ["m0/engine"] } : each))
      .map((each) =>
        each.kind === "member" ? { ...each, props: { ...each.props, carries: each.id === "m0/swarm" } } : each,
      );
  ok(await world.converge(shape(["m0", "m1"], "x")));
  ok(await world.converge(shape(["m0", "m2"], "y"), { replace: true }));
  expect(world.cloud.live("cluster")).toHaveLength(1);
  expect(
    world.cloud
      .live("member")
      .map(({ props }) => props.name)
      .sort(),
  ).toEqual(["m0", "m2"]);
});

test("what cannot be taken out of its group in order goes with its machine, where that is agreed", async () => {
  const { world } = rolling((kinds) => ({
    ...kinds,
    member: {
      ...kinds.member!,
      delete: async () => {
        throw new Error("no manager answers");
      },
    },
  }));
  ok(await world.converge(fleet({ machines: 2 })));
  const one = fleet({ machines: 1 });
  const refused = await world.converge(one);
  expect(refused.of("m1/swarm").change).toBe("failed");
  expect(world.cloud.live("vm")).toHaveLength(2);
  ok(await world.converge(one, { abandon: true }));
  expect(world.cloud.live("vm")).toHaveLength(1);
  expect(await world.saved("m1/swarm")).toBeUndefined();
});
