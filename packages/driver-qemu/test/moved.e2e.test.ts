import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeButtonDisk } from "@machinist/lab";
import { afterAll, afterEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import type { MachineState } from "../src/index.ts";
import { unavailable } from "./unavailable.ts";
import { qemuImg, World } from "./world.ts";

/** A file of the user's own, which stays where it is. */
const folder = mkdtempSync(join(tmpdir(), "machinist-qemu-image-"));
const image = join(folder, "button.raw");
writeButtonDisk(image);
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.dispose();
});
afterAll(() => rmSync(folder, { recursive: true }));
const opened = (world: World): World => {
  worlds.push(world);
  return world;
};

const stateOf = async (world: World, number = 1) =>
  (await world.fleet.look())[`${world.fleet.machine(number)}/machine`] as MachineState;
const diskOf = async (world: World) =>
  ((await world.fleet.look())[`${world.fleet.machine()}/disk`] as { path: string }).path;
const backingOf = async (disk: string): Promise<string> =>
  JSON.parse(await qemuImg("info", "-U", "--output=json", disk))["backing-filename"];

/** A world with a machine that is switched off, and something on its disk. */
async function withMachine(): Promise<World> {
  const world = opened(new World());
  await world.fleet.settle(await world.plan(1, { image }));
  await world.driver.power!.kill!(await world.machineCall());
  await qemuImg("snapshot", "-c", "mine", await diskOf(world));
  return world;
}

describeUnless(unavailable(), "a store that was moved", () => {
  test("has its machines, their disks and their ports, and gives none of them away", async () => {
    const before = await withMachine();
    const old = await stateOf(before);
    const after = opened(before.moved());
    const outcomes = await after.fleet.settle([
      ...(await after.plan(1, { image })),
      ...(await after.plan(2, { image })).slice(1),
    ]);
    const changes = new Map(outcomes.map(({ id, change }) => [id.replace(after.fleet.name, ""), change]));
    expect([changes.get("-1/disk"), changes.get("-1/machine")]).toEqual(["none", "updated"]);
    const now = await stateOf(after);
    expect(now).toMatchObject({ running: true, ports: old.ports, hostKey: old.hostKey, owner: old.owner });
    expect(now.folder.startsWith(after.folder)).toBe(true);
    expect(await qemuImg("snapshot", "-U", "-l", await diskOf(after))).toContain("mine");
    expect(
      Object.values((await stateOf(after, 2)).ports).filter((port) => Object.values(old.ports).includes(port)),
    ).toEqual([]);
    expect(await after.driver.snapshots!.list(await after.machineCall())).toHaveLength(1);

    await after.fleet.settle([]);
    expect(existsSync(now.folder)).toBe(false);
    expect(await after.processes()).toEqual([]);
  });

  test("also while a machine runs: it goes on, and can be stopped, grown and started", async () => {
    const before = opened(new World());
    await before.fleet.settle(await before.plan(1, { image }));
    const { pid } = await stateOf(before);
    const after = opened(before.moved());
    const outcomes = await after.fleet.settle(await after.plan(1, { image }));
    expect(outcomes.map(({ change }) => change)).toEqual(outcomes.map(() => "none"));
    expect((await stateOf(after)).pid).toBe(pid);
    await after.fleet.settle(await after.plan(1, { image, "disk-size": 4 }));
    await after.driver.power!.restart!(await after.machineCall());
    const now = await stateOf(after);
    expect(now.running).toBe(true);
    expect(now.pid).not.toBe(pid);
  });

  test("can be started before anything else is done", async () => {
    const after = opened((await withMachine()).moved());
    await after.driver.power!.start!(await after.machineCall());
    expect(await after.driver.status!(await after.machineCall())).toBe("running");
    expect((await backingOf(await diskOf(after))).startsWith(after.folder)).toBe(true);
  });

  test("does not put another image under a disk in the place of its own", async () => {
    const after = opened((await withMachine()).moved());
    const named = (await backingOf(await diskOf(after))).replace("-moved", "").replace(/^(.*?qemu-[^/]*)/, "$1-moved");
    const note = join(dirname(named), "image.json");
    const there = readFileSync(note, "utf8");
    writeFileSync(note, there.replace(/sha256:[0-9a-f]{8}/, "sha256:00000000"));
    const call = await after.machineCall();
    const start = async () => after.driver.power!.start!(call);
    await expect(start()).rejects.toMatchObject({ code: "qemu.image-gone" });
    writeFileSync(note, there);
    renameSync(named, `${named}.gone`);
    await expect(start()).rejects.toMatchObject({ code: "qemu.image-gone" });
    renameSync(`${named}.gone`, named);
    await start();
  });

  test("of a copy nothing is removed that is the original's", async () => {
    const original = await withMachine();
    const disk = await diskOf(original);
    const bytes = readFileSync(disk);
    const copy = opened(original.copied());
    await copy.fleet.settle([]);
    await copy.fleet.settle([]);
    expect(readFileSync(disk).equals(bytes)).toBe(true);
    expect((await stateOf(original)).ports).not.toEqual({});
  });
});
