import { type AnyResourceType, checkChanges, forcedReplacements, MachinistError, type Resource } from "@machinist/core";
import { seeded } from "@machinist/testkit";
import { expect, test } from "vitest";
import { resource, World } from "./world.ts";

const sorts = {
  net: { updatable: true, guarded: true },
  vm: { updatable: true, immutable: ["image"], bootMs: 500 },
  disk: {},
  engine: { updatable: true, contained: true, dies: "any" as const },
  cluster: { contained: true, dies: "all" as const },
  member: { updatable: true, contained: true, dies: "all" as const },
};

const vm = (props: { size?: number; image?: string } = {}) =>
  resource("m/vm", "vm", [], { props: { size: 1, image: "x", ...props } });
const disk = resource("m/disk", "disk", ["m/vm"]);
const probe = resource("n/disk", "disk");

test("each action is told by id and why", async () => {
  const world = new World(sorts);
  expect(await world.plan([vm()])).toMatchObject({ "m/vm": { action: "create", props: [], drift: false } });
  await world.converge([vm(), disk, probe]);
  expect(await world.plan([vm({ size: 2 }), disk])).toEqual({
    "m/vm": {
      ...{ id: "m/vm", kind: "vm", action: "update", props: ["size"], drift: false, seen: expect.any(String) },
      diff: [{ prop: "size", before: 1, after: 2, drift: false }],
    },
    "m/disk": {
      ...{ id: "m/disk", kind: "disk", action: "none", props: [], drift: false, seen: expect.any(String) },
      needs: ["m/vm"],
    },
    "n/disk": { id: "n/disk", kind: "disk", action: "delete", props: [], drift: false },
  });
  expect(await world.plan([vm({ size: 2, image: "y" }), disk, probe])).toMatchObject({
    "m/vm": { action: "replace", props: ["image"] },
    "m/disk": { action: "replace", props: ["m/vm"] },
    "n/disk": { action: "none" },
  });
  world.cloud.destroy(world.cloud.live("vm")[0]!.id);
  expect(await world.plan([vm(), disk])).toMatchObject({
    "m/vm": { action: "create" },
    "m/disk": { action: "create", props: ["m/vm"] },
  });
});

test("an update says what its kind foresees, and real values where it sees them", async () => {
  const world = new World(sorts);
  await world.converge([vm()]);
  world.cloud.live("vm")[0]!.props = { size: 7, image: "x" };
  const preview = () => ({ how: "slowly", notes: ["It is large"], actual: { size: 7 } });
  const foreseeing = new World(sorts, {
    wrap: (kinds) => ({ ...kinds, vm: { ...world.kinds.vm!, previewUpdate: preview } }),
  });
  for (const [name, text] of world.disk.files) foreseeing.disk.files.set(name, text);
  expect(await foreseeing.plan([vm()])).toMatchObject({
    "m/vm": {
      ...{ action: "update", drift: true, how: "slowly", notes: ["It is large"] },
      diff: [{ prop: "size", before: 7, after: 1, drift: true }],
    },
  });
});

test("what is to be applied once more is planned as an update, though nothing differs, and a plan without it as nothing", async () => {
  const world = new World(sorts);
  await world.converge([vm()]);
  const again = new Map([["m/vm", ["size"]]]);
  expect(await world.plan([vm()], { again })).toMatchObject({
    "m/vm": { action: "update", props: ["size"], drift: false },
  });
  expect(await world.plan([vm()])).toMatchObject({ "m/vm": { action: "none" } });
});

test("a digest of what was seen changes with what is there, and with nothing else", async () => {
  const world = new World(sorts);
  await world.converge([vm(), disk]);
  const seen = async () => (await world.plan([vm(), disk]))["m/vm"]?.seen;
  const first = await seen();
  expect(await seen()).toBe(first);
  world.cloud.live("vm")[0]!.props = { size: 7, image: "x" };
  expect(await seen()).not.toBe(first);
});

test("nothing is written and nothing is asked for but looks", async () => {
  const world = new World(sorts);
  await world.converge([vm(), disk, probe]);
  world.cloud.live("vm")[0]!.props = { size: 7, image: "x" };
  const before = new Map(world.disk.files);
  world.requests();
  await world.plan([vm({ size: 2 }), disk]);
  expect(world.disk.files).toEqual(before);
  expect(Object.keys(world.requests()).every((name) => name.endsWith(".read"))).toBe(true);
});

test("what cannot be read is unknown, with the reason, and the rest is planned", async () => {
  const world = new World(sorts);
  await world.converge([vm(), disk, probe]);
  const read = async () => Promise.reject(new MachinistError("cloud.down", "The cloud does not answer"));
  const sick = { ...world.kinds, vm: { ...world.kinds.vm!, read } };
  const blind = new World(sorts, { wrap: () => sick });
  for (const [name, text] of world.disk.files) blind.disk.files.set(name, text);
  expect(await blind.plan([vm(), disk, probe, resource("m/box", "box")])).toMatchObject({
    "m/vm": { action: "unknown", reason: "The cloud does not answer", code: "cloud.down" },
    "n/disk": { action: "none" },
    "m/box": { action: "create" },
  });
});

/** A vm that cannot lose size, and stops to change it. */
async function growing() {
  const world = new World(sorts);
  await world.converge([vm({ size: 4 }), disk]);
  const check: AnyResourceType["check"] = async ({ props, changed }) => {
    if (changed.includes("size") && Number(props.size) < 4)
      throw new MachinistError("cloud.disk-shrink", "It cannot shrink");
  };
  const kinds = { ...world.kinds, vm: { ...world.kinds.vm!, check, requiresRestart: ["size"] } };
  const next = new World(sorts, { wrap: () => kinds });
  for (const [name, text] of world.disk.files) next.disk.files.set(name, text);
  return { next, kinds };
}

test("a change that stops the machine says so, and one that nothing can make is impossible", async () => {
  const { next } = await growing();
  expect(await next.plan([vm({ size: 5 }), disk])).toMatchObject({
    "m/vm": { action: "update", how: "the machine is stopped for it" },
  });
  expect(await next.plan([vm({ size: 3 }), disk])).toMatchObject({
    "m/vm": { action: "update", props: ["size"], refused: "It cannot shrink", code: "cloud.disk-shrink" },
  });
  expect((await next.plan([vm({ size: 4 }), disk]))["m/vm"]).not.toHaveProperty("how");
});

test("what nothing can make is refused by records alone, unless it is recreated, and by the reconciler with all as it was", async () => {
  const { next, kinds } = await growing();
  const signal = new AbortController().signal;
  const asked = async (wanted: Resource, replaced: string[] = []) =>
    checkChanges({
      wanted: [wanted],
      records: await next.records([]),
      resourceTypes: kinds,
      signal,
      replaced: new Set(replaced),
    });
  await expect(asked(vm({ size: 3 }))).rejects.toMatchObject({ code: "cloud.disk-shrink" });
  await asked(vm({ size: 5 }));
  await asked(vm({ size: 3, image: "y" }), ["m/vm"]);
  const before = new Map(next.disk.files);
  const outcomes = await next.converge([vm({ size: 3 }), disk], { replace: true });
  expect(outcomes.all.map(({ error }) => error?.code)).toContain("cloud.disk-shrink");
  expect(next.disk.files).toEqual(before);
});

test("what cannot be made is told before anything is, where all that it needs is there", async () => {
  const world = new World(sorts);
  await world.converge([vm()]);
  let looks = 0;
  const checkCreate = async () => {
    looks++;
    throw new MachinistError("cloud.full", "There is no room");
  };
  const kinds = { ...world.kinds, disk: { ...world.kinds.disk!, checkCreate } };
  const next = new World(sorts, { wrap: () => kinds });
  for (const [name, text] of world.disk.files) next.disk.files.set(name, text);
  const refused = { action: "create", refused: "There is no room", code: "cloud.full" };
  expect(await next.plan([vm(), disk])).toMatchObject({ "m/vm": { action: "none" }, "m/disk": refused });
  const signal = new AbortController().signal;
  const records = await next.records([]);
  const asked = (image: string, replaced: string[] = []) =>
    checkChanges({ wanted: [vm({ image }), disk], records, resourceTypes: kinds, signal, replaced: new Set(replaced) });
  await expect(asked("x")).rejects.toMatchObject({ code: "cloud.full" });
  expect(looks).toBe(2);
  // What it lives in is yet to be made, so nothing can be known.
  await asked("y", ["m/vm"]);
  expect((await next.plan([vm({ image: "y" }), disk]))["m/disk"]).not.toHaveProperty("refused");
  expect((await new World(sorts, { wrap: () => kinds }).plan([vm(), disk]))["m/disk"]).not.toHaveProperty("refused");
  expect(looks).toBe(2);
});

test("replacements are foreseen from the records alone", async () => {
  const world = new World(sorts);
  await world.converge([vm(), disk]);
  const saved = new Map((await world.records([])).flatMap((record) => Object.entries(record.resources)));
  const forced = (wanted: Parameters<typeof forcedReplacements>[0]) =>
    forcedReplacements(wanted, (id) => saved.get(id), world.kinds);
  expect(forced([vm({ size: 2 }), disk])).toEqual([]);
  expect(forced([vm({ image: "y" })])).toEqual([{ id: "m/vm", props: ["image"] }]);
  expect(forced([resource("m/disk", "disk", [], { props: { a: 1 } })])).toEqual([{ id: "m/disk", props: ["a"] }]);
  expect(forced([resource("m/disk", "net")])).toEqual([{ id: "m/disk", props: ["kind"] }]);
});

/** A fleet as real ones are: machines, a swarm that is in all of them, and what is shared. */
function fleet(places: number, machines: number, image: string, size: number) {
  const names = Array.from({ length: machines }, (_, number) => `a${number}`);
  if (names.length === 0) return [];
  return [
    resource("@f/net", "net", [], { props: { size } }),
    resource("@f/swarm", "cluster", [], { after: names.slice(0, places).map((name) => `${name}/engine`) }),
    ...names.flatMap((name) => [
      resource(`${name}/vm`, "vm", ["@f/net"], { props: { image: name === "a0" ? image : "x", size } }),
      resource(`${name}/disk`, "disk", [`${name}/vm`]),
      resource(`${name}/engine`, "engine", [`${name}/vm`], { props: { size } }),
      resource(`${name}/swarm`, "member", [`${name}/engine`, "@f/swarm"], { props: { size } }),
    ]),
  ];
}

/** What the reconciler may call what the plan foresaw. */
const means: { [action: string]: readonly string[] } = {
  create: ["created"],
  update: ["updated"],
  replace: ["replaced", "created"],
  delete: ["deleted"],
  none: ["none"],
};

test("whatever was declared and damaged, the reconciler does what the plan says", async () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = seeded(seed);
    const world = new World(sorts);
    const places = 1 + random.below(2);
    for (let act = 0; act < 4; act++) {
      const machines = random.chance(0.15) ? 0 : places + random.below(3);
      const wanted = fleet(places, machines, random.pick(["x", "y"]), random.below(3));
      // In the fake cloud a swarm lives in what it was made in; real ones move on to engines that join later.
      const engines = await Promise.all(["a0", "a1"].map((name) => world.saved(`${name}/engine`)));
      const within = engines.slice(0, places).flatMap((engine) => (engine?.state ? [String(engine.state.id)] : []));
      for (const each of world.cloud.live("cluster")) Object.assign(each, { within });
      for (const each of world.cloud.live()) {
        const fate = random.next();
        if (fate < 0.05) world.cloud.destroy(each.id);
        else if (fate < 0.1) each.props = { ...each.props, size: -1 };
      }
      const planned = await world.plan(wanted);
      const outcomes = await world.converge(wanted, { replace: true });
      for (const { id, change, error } of outcomes.all)
        expect(means[planned[id]!.action], `seed ${seed}, act ${act}, ${id}: ${error?.message ?? change}`).toContain(
          change,
        );
      expect(Object.keys(planned).sort()).toEqual(outcomes.all.map(({ id }) => id).sort());
      const again = Object.values(await world.plan(wanted)).filter(({ action }) => action !== "none");
      expect(again, `seed ${seed}, act ${act}: nothing is left to do`).toEqual([]);
    }
  }
});
