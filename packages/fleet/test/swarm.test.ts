import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unlockKeys } from "../src/unlock-keys.ts";
import { fleet, machine, world } from "./world.ts";

test("unlock keys are kept in a file that its owner alone may read, the newest first", async () => {
  const { path } = await world();
  const folder = join(path, "fleets", "demo");
  await mkdir(folder, { recursive: true });
  const keys = unlockKeys(() => folder);
  expect(await keys.read("demo")).toEqual([]);
  await keys.write("demo", ["SWMKEY-2", "SWMKEY-1"]);
  expect(await keys.read("demo")).toEqual(["SWMKEY-2", "SWMKEY-1"]);
  const file = join(folder, "swarm-unlock.key");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, "utf8")).toBe("SWMKEY-2\nSWMKEY-1\n");
  await mkdir(join(path, "fleets", "other", "swarm-unlock.key"), { recursive: true });
  const unreadable = unlockKeys(() => join(path, "fleets", "other"));
  await expect(unreadable.read("other")).rejects.toMatchObject({ code: "swarm.key-unreadable" });
});

test("a Swarm that is not there, or does not lock itself, has nothing to recover and no key to change", async () => {
  const { machinist, path, again } = await world();
  await expect(machinist.rotateSwarmKey("nobody").result).rejects.toMatchObject({ code: "fleet.unknown" });
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  await expect(machinist.recoverSwarm("demo", { from: "a-1" }).result).rejects.toMatchObject({ code: "swarm.none" });
  const file = join(path, "fleets", "demo", "record.json");
  const record = JSON.parse(await readFile(file, "utf8"));
  const id = "@demo/swarm";
  const props = { managers: ["a-1"], first: "a-1" };
  const state = { cluster: "c1", managers: ["a-1"] };
  record.resources[id] = {
    id,
    kind: "swarm.cluster",
    props,
    parents: [],
    generation: 9,
    status: "created",
    intentAt: 0,
    state,
  };
  await writeFile(file, JSON.stringify(record));
  const other = await again();
  await expect(other.rotateSwarmKey("demo").result).rejects.toMatchObject({ code: "swarm.not-locking" });
  await expect(other.recoverSwarm("demo", { from: "b-1" }).result).rejects.toMatchObject({ code: "machine.unknown" });
});

test("the last manager of machines that stay is removed only by force", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2"), machine("b-1")])).result;
  const put = async (file: string, local: string, kind: string, props: object) => {
    const record = JSON.parse(await readFile(file, "utf8"));
    const id = `${record.scope}/${local}`;
    const parents = Object.keys(record.resources);
    const saved = { id, kind, props, parents, generation: 9, status: "created", intentAt: 0, state: {} };
    record.resources[id] = saved;
    await writeFile(file, JSON.stringify(record));
  };
  await put(join(path, "fleets", "demo", "record.json"), "swarm", "swarm.cluster", { managers: ["a-1", "a-2"] });
  for (const name of ["a-1", "a-2", "b-1"])
    await put(join(path, "machines", name, "record.json"), "swarm", "swarm.member", { machine: name });
  await expect(machinist.remove(["a-1", "a-2"]).result).rejects.toMatchObject({
    code: "swarm.last-manager",
    message: "Without a-1, a-2 the Swarm of b-1 would have no manager",
  });
  expect(await machinist.names()).toEqual(["a-1", "a-2", "b-1"]);
  expect((await machinist.remove(["a-1", "a-2"], { force: true }).result).ok).toBe(true);
  expect(await machinist.names()).toEqual(["b-1"]);
});
