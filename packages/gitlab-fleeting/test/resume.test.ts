import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unsaid, until, World } from "./groups.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

test("machines that were being made are finished by the next plugin, and none is made twice", async () => {
  const first = await world.open("ci", { "boot-ms": 3_600_000 });
  await first.increase(3);
  await expect.poll(() => world.objects()).toHaveLength(3);
  const before = [world.objects(), world.machines()];
  await first.shutdown();
  expect([world.objects(), world.machines()]).toEqual(before);
  world.endBoot();
  // It asks for other machines by now; those that were begun are finished as they were asked for.
  const next = await world.open("ci", { size: "big" });
  await until(next, "running", "running", "running");
  expect([world.objects(), world.machines()]).toEqual(before);
});

test("machines that nobody wanted any more are removed by the next plugin", async () => {
  const first = await world.open();
  await first.increase(2);
  const [one] = (await until(first, "running", "running")) as [string];
  await first.shutdown();
  // As a plugin leaves it that is killed when it has just answered.
  const path = join(world.store, "fleeting", "ci.json");
  const roster = JSON.parse(readFileSync(path, "utf8"));
  roster.instances[one].wanted = "gone";
  writeFileSync(path, JSON.stringify(roster));
  const next = await world.open();
  await until(next, "running");
  expect(world.machines()).toHaveLength(1);
  expect(world.objects()).toHaveLength(1);
});

test("a name whose machine was never begun is forgotten", async () => {
  mkdirSync(join(world.store, "fleeting"), { recursive: true });
  const instances = { "ci-abcdef": { wanted: "running", prepared: false } };
  writeFileSync(join(world.store, "fleeting", "ci.json"), JSON.stringify({ version: 1, instances }));
  // A plugin that is killed while it writes a machine's first record leaves this.
  const begun = join(world.store, "machines", "ci-abcdef");
  mkdirSync(begun, { recursive: true });
  writeFileSync(join(begun, ".record.json.0123456789ab.tmp"), "{");
  const group = await world.open();
  await until(group);
  expect([world.roster(), world.machines()]).toEqual([{}, []]);
});

test("a suspended machine is still suspended for the next plugin", async () => {
  const first = await world.open();
  await first.increase(1);
  const names = await until(first, "running");
  await first.suspend(names);
  await first.shutdown();
  const next = await world.open();
  await until(next, "suspended");
  await next.resume(names);
  await until(next, "running");
});

test("what says which machines are the group's is not guessed where it cannot be read", async () => {
  mkdirSync(join(world.store, "fleeting"), { recursive: true });
  for (const text of ["", "{", "[]", '{"instances":{"ci-abcdef":{"wanted":"gold"}}}']) {
    writeFileSync(join(world.store, "fleeting", "ci.json"), text);
    await expect(world.group().init(world.config(), unsaid)).rejects.toMatchObject({
      code: "fleeting.roster",
      hint: expect.stringContaining("machinist ls"),
    });
  }
});

test("a machine whose record cannot be read has timed out, and is not taken for one that is gone", async () => {
  const group = await world.open();
  await group.increase(1);
  const [name] = (await until(group, "running")) as [string];
  const path = join(world.store, "machines", name, "record.json");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, "{");
  await until(group, "timeout");
  expect(Object.keys(world.roster())).toEqual([name]);
  writeFileSync(path, text);
  await until(group, "running");
});

test("a machine that somebody removed by hand is told as deleted", async () => {
  const group = await world.open();
  await group.increase(1);
  const [name] = (await until(group, "running")) as [string];
  world.change(name, () => undefined);
  rmSync(join(world.store, "machines", name), { recursive: true });
  expect(await group.update()).toEqual(new Map([[name, "deleted"]]));
  await until(group);
});
