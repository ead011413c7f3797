import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SavedResource } from "@machinist/core";
import { FileStore } from "@machinist/core";
import { writeContext } from "@machinist/docker-client";
import { expect, test } from "vitest";
import type { Loss } from "../src/index.ts";
import { fleet, machine, world } from "./world.ts";

/** As if a stack, a Swarm, a project, an engine and a context had been made on what `up` made. */
async function pretend(path: string, fleetName: string, on: string): Promise<void> {
  const store = new FileStore(path);
  const entry = (id: string, kind: string, props: SavedResource["props"], parents: string[]): SavedResource => ({
    ...{ id, kind, props, parents, generation: 1, status: "created" as const, intentAt: 0, state: {} },
  });
  const add = async (scope: string, resources: readonly SavedResource[]) => {
    const record = (await store.load(scope))!;
    const more = Object.fromEntries(resources.map((each) => [each.id, each]));
    await store.save({ ...record, resources: { ...record.resources, ...more } });
  };
  await add(`@${fleetName}`, [
    entry(`@${fleetName}/swarm`, "swarm.cluster", {}, []),
    entry(`@${fleetName}/web`, "swarm.stack", { name: "web" }, [`@${fleetName}/swarm`]),
    entry(`@${fleetName}/context-${on}`, "docker.context", { name: on }, []),
  ]);
  await add(on, [
    entry(`${on}/engine`, "docker.engine", { machine: on }, [`${on}/instance`]),
    entry(`${on}/compose:db`, "compose.project", { name: "db", machine: on }, [`${on}/engine`]),
  ]);
}

test("up asks once, before anything is done, for all that is declared no more, and for nothing else", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  await pretend(path, "demo", "a-1");
  const asked: Loss[][] = [];
  const spec = fleet([machine("a-1"), machine("b-1")]);
  const run = machinist.up(spec, {
    agree: async (losses) => {
      asked.push([...losses]);
      return false;
    },
  });
  await expect(run.result).rejects.toMatchObject({ code: "plan.declined", hint: expect.stringContaining("Nothing") });
  expect(asked).toEqual([
    [
      { id: "a-2", what: "a-2" },
      { id: "@demo/swarm", what: "the Swarm of demo, with its services, secrets and configs" },
      { id: "@demo/web", what: "stack web" },
      { id: "a-1/engine", what: "the setup of Docker on a-1" },
      { id: "a-1/compose:db", what: "compose project db on a-1" },
    ],
  ]);
  expect(await machinist.names()).toEqual(["a-1", "a-2"]);
});

test("what lives in a machine that goes is not asked about by itself", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  await pretend(path, "demo", "a-2");
  const asked: string[] = [];
  const agree = async (losses: readonly Loss[]) => {
    asked.push(...losses.map(({ what }) => what));
    return false;
  };
  await expect(machinist.up(fleet([machine("a-1")]), { agree }).result).rejects.toMatchObject({
    code: "plan.declined",
  });
  expect(asked).toEqual(["a-2", "the Swarm of demo, with its services, secrets and configs", "stack web"]);
});

test("what the user's answer throws is what up fails with, and a yes goes on", async () => {
  const { machinist } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  const spec = fleet([machine("a-1")]);
  const agree = async () => {
    throw Object.assign(new Error("no terminal"), { code: "usage.confirm", retryable: false });
  };
  await expect(machinist.up(spec, { agree }).result).rejects.toMatchObject({ code: "usage.confirm" });
  expect(await machinist.names()).toEqual(["a-1", "a-2"]);
  expect((await machinist.up(spec, { agree: async () => true }).result).ok).toBe(true);
  expect(await machinist.names()).toEqual(["a-1"]);
  // Nothing is lost now: nobody is asked.
  expect((await machinist.up(spec, { agree }).result).ok).toBe(true);
});

test("up asks before it overwrites the data of a project that is there, and names one that is not in the manifest", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  const file = join(path, "compose.yaml");
  await writeFile(file, "services: { db: { image: x } }\n");
  const compose = ["a-1", "a-2"].map((on) => ({ name: "db", machine: on, files: [file] }));
  const spec = { ...fleet([machine("a-1"), machine("a-2")]), compose };
  await pretend(path, "demo", "a-1");
  const asked: Loss[] = [];
  const agree = async (losses: readonly Loss[]) => {
    asked.push(...losses.filter(({ overwritten }) => overwritten));
    return false;
  };
  await expect(machinist.up(spec, { agree, overwriteData: ["db"] }).result).rejects.toMatchObject({
    code: "plan.declined",
    message: expect.stringContaining("overwrite data of compose project db on a-1"),
  });
  expect(asked).toEqual([{ id: "a-1/compose:db", what: "compose project db on a-1", overwritten: true }]);
  await machinist.up(spec, { agree }).result.catch(() => {});
  const always = { ...spec, compose: compose.map((each) => ({ ...each, overwriteData: true })) };
  await machinist.up(always, { agree, overwriteData: ["db"] }).result.catch(() => {});
  expect(asked).toHaveLength(1);
  for (const run of [
    () => machinist.up(spec, { overwriteData: ["bd"] }).result,
    () => machinist.plan(spec, { overwriteData: ["bd"] }),
  ])
    await expect(run()).rejects.toMatchObject({ code: "compose.unknown", hint: 'Did you mean "db"?' });
});

test("what a driver's check refuses is told by plan as by up, and such a plan is not kept", async () => {
  const { machinist } = await world();
  await machinist.up(fleet([machine("a-1")])).result;
  const spec = fleet([machine("a-1"), { ...machine("b-1"), driver: "none", options: { url: "tcp://x:0" } }]);
  const refused = await machinist.up(spec).result.catch((error) => error);
  const plan = await machinist.plan(spec);
  expect(plan.problems).toEqual([
    { id: "", code: refused.code, message: refused.message, ...(refused.hint ? { hint: refused.hint } : {}) },
  ]);
  expect(plan.changes.map(({ id, action }) => [id, action])).toContainEqual(["a-1/instance", "none"]);
  expect(await machinist.names()).toEqual(["a-1"]);
});

test("a machine of another fleet is refused by plan as by up", async () => {
  const { machinist } = await world();
  await machinist.up(fleet([machine("a-1")])).result;
  const other = fleet([machine("a-1")], "other");
  await expect(machinist.up(other).result).rejects.toMatchObject({ code: "machine.taken" });
  await expect(machinist.plan(other)).rejects.toMatchObject({ code: "machine.taken" });
});

test("what no engine could be given is refused before there is a record", async () => {
  const { machinist, path } = await world();
  const engine = { labels: { "a b": "c" } };
  const error = { code: "provision.options", message: 'engine.labels: "a b" cannot be the name of a label' };
  const asked = { name: "a-1", driver: "simulated", engine } as const;
  await expect(machinist.create([asked]).result).rejects.toMatchObject({ ...error, option: "labels" });
  const spec = fleet([{ ...machine("a-1"), engine }]);
  await expect(machinist.up(spec).result).rejects.toMatchObject(error);
  await expect(machinist.plan(spec)).rejects.toMatchObject(error);
  expect(await machinist.names()).toEqual([]);
  expect(await readdir(join(path, "machines")).catch(() => [])).toEqual([]);
});

test("a docker context of that name which somebody else made is missed by plan and by up before anything is made", async () => {
  const { machinist, path } = await world();
  const others = { name: "a-1", description: "mine", url: "tcp://192.0.2.9:2376" };
  await writeContext(join(path, "..", ".docker"), others);
  const spec = { ...fleet([{ ...machine("a-1"), engine: {} }]), contexts: true };
  const { changes } = await machinist.plan(spec);
  expect(changes.find(({ id }) => id === "a-1/context")).toMatchObject({ action: "create", code: "context.taken" });
  await expect(machinist.up(spec).result).rejects.toMatchObject({ code: "context.taken" });
  expect(await machinist.names()).toEqual([]);
});
