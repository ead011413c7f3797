import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { MachineCall } from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import type { DiskState } from "../src/disk.ts";
import { unavailable } from "./unavailable.ts";
import { World } from "./world.ts";

const reason = unavailable();

describeUnless(reason, "snapshots", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.dispose());

  const callFor = async (): Promise<MachineCall> => ({
    machine: world.fleet.machine(),
    states: await world.fleet.look(),
    signal: new AbortController().signal,
    log: () => {},
  });
  /** `write -P 1 0 4k`, `read -P 1 0 4k`: at the disk's beginning, or compare with what is there. */
  const disk = async (command: string): Promise<string> => {
    const { path } = (await world.fleet.look())[`${world.fleet.machine()}/disk`] as DiskState;
    // What it read and did not expect makes it fail, with the same words.
    const said = promisify(execFile)("qemu-io", ["-f", "qcow2", "-c", command, path]);
    return said.then(({ stdout }) => stdout).catch(({ stdout }) => String(stdout));
  };

  test("what was on the disk comes back, and the list tells them apart", async () => {
    await world.fleet.settle(await world.plan());
    const call = await callFor();
    const { power, snapshots } = world.driver;
    await power!.kill!(call);
    await disk("write -P 1 1M 4k");
    await snapshots!.take(call, "one");
    await disk("write -P 2 1M 4k");
    await snapshots!.take(call, "two");
    const all = await snapshots!.list(call);
    expect(all.map(({ name }) => name)).toEqual(["one", "two"]);
    for (const { takenAt } of all) expect(Math.abs(Date.now() - takenAt)).toBeLessThan(120_000);
    await snapshots!.restore(call, "one");
    expect(await disk("read -P 1 1M 4k")).not.toContain("verification failed");
    expect(await disk("read -P 2 1M 4k")).toContain("verification failed");
    await snapshots!.remove(call, "two");
    expect((await snapshots!.list(call)).map(({ name }) => name)).toEqual(["one"]);
  });

  test("one is listed and removed while the machine runs, and all go with it", async () => {
    await world.fleet.settle(await world.plan());
    const call = await callFor();
    const { power, snapshots } = world.driver;
    await power!.kill!(call);
    await snapshots!.take(call, "one");
    await power!.start!(call);
    expect((await snapshots!.list(call)).map(({ name }) => name)).toEqual(["one"]);
    await snapshots!.remove(call, "one");
    expect(await snapshots!.list(call)).toEqual([]);
    expect(await world.processes()).toHaveLength(1);
    await world.fleet.settle([]);
  });
});
