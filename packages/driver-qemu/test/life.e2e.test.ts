import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { OwnedResource } from "@machinist/core";
import { attempt } from "@machinist/programs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeUnless, testUnless, unlessRoot } from "../../../test/skipped.ts";
import type { MachineState } from "../src/index.ts";
import { becomesFree } from "../src/ports.ts";
import { findCarrier, qemuProcesses } from "../src/process.ts";
import { unavailable } from "./unavailable.ts";
import { qemuImg, World } from "./world.ts";

const reason = unavailable();

describeUnless(reason, "machines", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.dispose());

  const stateOf = async (number = 1): Promise<MachineState> =>
    (await world.fleet.look())[`${world.fleet.machine(number)}/machine`] as MachineState;

  const remove = ({ kind, owner, state }: Pick<OwnedResource, "kind" | "owner" | "state">) => {
    const call = {
      id: "orphan/x",
      fleet: "",
      props: {},
      owner,
      dependencies: {},
      signal: new AbortController().signal,
    };
    const silent = { log: () => {}, step: () => {}, progress: () => {} };
    return world.driver.resourceTypes[kind]?.delete({ ...call, ...silent, state });
  };

  test("one that died is stopped, and the next run starts it with the same disk, ports and host key", async () => {
    await world.fleet.settle(await world.plan());
    const before = await stateOf();
    process.kill(before.pid, "SIGKILL");
    await expect.poll(async () => (await stateOf()).running, { message: "the killed machine ends" }).toBe(false);
    const outcomes = await world.fleet.settle(await world.plan());
    expect(outcomes.map(({ change }) => change).sort()).toEqual(["none", "none", "updated"]);
    const after = await stateOf();
    expect(after.pid).not.toBe(before.pid);
    expect({ ...after, pid: 0 }).toEqual({ ...before, pid: 0 });
  });

  test("nothing secret can be read by others, and the seed is the only secret", async () => {
    await world.fleet.settle(await world.plan());
    const { folder, pid } = await stateOf();
    expect(statSync(folder).mode & 0o077).toBe(0);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isFile()) expect(statSync(join(folder, entry.name)).mode & 0o077, entry.name).toBe(0);
    expect(readFileSync(join(folder, "seed.iso"), "latin1")).toContain("OPENSSH PRIVATE KEY");
    expect(readFileSync(join(folder, "machine.json"), "utf8")).not.toContain("PRIVATE");
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain("PRIVATE");
  });

  test("another's QEMU beside it goes on, whatever happens to ours", async () => {
    const pidFile = join(world.folder, "other.pid");
    const theirs = [
      "qemu-system-x86_64",
      "-name",
      "guest=other",
      "-display",
      "none",
      "-nodefaults",
      "-S",
      "-daemonize",
    ];
    expect((await attempt([...theirs, "-accel", "tcg", "-m", "16", "-pidfile", pidFile])).code).toBe(0);
    const pid = Number(readFileSync(pidFile, "utf8"));
    await world.fleet.settle(await world.plan());
    expect(
      (await world.driver.listOwned!(world.options(), new AbortController().signal)).map(({ label }) => label).join(),
    ).not.toContain(String(pid));
    await world.fleet.settle([]);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  test("a record that cannot be read is an error, and nothing is made over it; its machine can still be removed", async () => {
    await world.fleet.settle(await world.plan());
    const { folder } = await stateOf();
    writeFileSync(join(folder, "machine.json"), "{");
    const outcomes = await world.fleet.run(await world.plan());
    expect(outcomes.map(({ error }) => error?.code)).toContain("qemu.corrupt");
    expect(await world.processes()).toHaveLength(1);
    // As `prune` does it, when the record of the machine is given up.
    for (const object of await world.driver.listOwned!(world.options(), new AbortController().signal))
      if (object.label.includes(world.folder)) await remove(object);
    expect(await world.processes()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  test("what claims to be a machine of ours and lies elsewhere has nothing removed but what its own mark names", async () => {
    const bystander = join(world.folder, "bystander");
    mkdirSync(bystander);
    await remove({ kind: "qemu.machine", owner: "mabc-machine-1", state: { folder: bystander } });
    await remove({ kind: "qemu.disk", owner: "mabc-disk-1", state: { path: join(bystander, "disk.qcow2") } });
    expect(existsSync(bystander)).toBe(true);
  });

  const noOther = unlessRoot("run a process as somebody else");
  testUnless(noOther, "another user's process is not ours, whatever its name", async () => {
    const argv = [
      "qemu-system-x86_64",
      "-name",
      "guest=machinist-mabc-machine-1",
      "-display",
      "none",
      "-nodefaults",
      "-S",
    ];
    const as = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
    const child = spawn(as[0]!, [...as.slice(1), ...argv, "-accel", "tcg", "-m", "16"], { stdio: "ignore" });
    try {
      // Until then it is setpriv, still ours, with all these words on its command line.
      await expect.poll(() => commandLine(child.pid)).toMatch(/^qemu-system/);
      expect((await qemuProcesses()).map(({ pid }) => pid)).not.toContain(child.pid);
      expect(await findCarrier(world.folder, "mabc-machine-1")).toBeUndefined();
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("a disk grows in place: under a running machine, and while it is stopped; and does not shrink", async () => {
    await world.fleet.settle(await world.plan());
    const states = await world.fleet.look();
    const { path } = states[`${world.fleet.machine()}/disk`] as { path: string };
    const { pid } = await stateOf();
    await world.fleet.settle(await world.plan(1, { "disk-size": 8 }));
    expect((await stateOf()).pid).toBe(pid);
    expect(JSON.parse(await qemuImg("info", "-U", "--output=json", path))["virtual-size"]).toBe(8 * 2 ** 20);
    const smaller = await world.fleet.run(await world.plan(1, { "disk-size": 4 }));
    expect(smaller.map(({ error }) => error?.code)).toContain("qemu.disk-shrink");
  });

  test("a port that was taken while it was stopped is named, and the machine keeps its own", async () => {
    await world.fleet.settle(await world.plan());
    const { ports, pid } = await stateOf();
    process.kill(pid, "SIGKILL");
    await expect.poll(async () => (await stateOf()).running, { message: "the killed machine ends" }).toBe(false);
    const server = createServer();
    expect(await becomesFree(ports["22"]!, "127.0.0.1", new AbortController().signal)).toBe(true);
    await once(server.listen(ports["22"], "127.0.0.1"), "listening");
    const outcomes = await world.fleet.run(await world.plan());
    expect(outcomes.map(({ error }) => error?.code)).toContain("qemu.port-taken");
    await new Promise((resolve) => server.close(resolve));
    await world.fleet.settle(await world.plan());
    expect((await stateOf()).ports).toEqual(ports);
  });

  test("a store with a path too long for a socket works as well", async () => {
    const deep = join(
      world.folder,
      ..."abcdefghij"
        .repeat(2)
        .split("")
        .map((each) => each.repeat(9)),
    );
    const other = new World("machinist-qemu-", { machineDir: (machine) => join(deep, machine) });
    try {
      const [wanted] = [await other.plan()];
      await other.fleet.settle(wanted);
      const state = (await other.fleet.look())[`${other.fleet.machine()}/machine`] as MachineState;
      expect(Buffer.byteLength(state.socket)).toBeLessThan(104);
      expect(existsSync(state.socket)).toBe(true);
      await other.fleet.settle([]);
      expect(existsSync(state.socket)).toBe(false);
    } finally {
      await other.dispose();
    }
  });
});

const noArm = unavailable("qemu-system-aarch64");

describeUnless(noArm, "arm64", () => {
  test("a machine comes to its firmware, emulated", async () => {
    const world = new World();
    try {
      await world.fleet.settle(await world.plan(1, { arch: "arm64", memory: 256 }));
      const { folder, running } = (await world.fleet.look())[`${world.fleet.machine()}/machine`] as MachineState;
      expect(running).toBe(true);
      const console = () => readFileSync(join(folder, "console.log"), "utf8");
      for (let tries = 0; !/UEFI|BdsDxe/.test(console()) && tries < 600; tries++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(console()).toMatch(/UEFI|BdsDxe/);
      await world.fleet.settle([]);
    } finally {
      await world.dispose();
    }
  });
});

describeUnless(reason, "ten disks", () => {
  test("from one base take 5 % of it at most", async () => {
    const world = new World();
    try {
      await qemuImg("create", "-q", "-f", "raw", join(world.folder, "base.raw"), "64M");
      const base = join(world.folder, "filled.raw");
      const bytes = Buffer.alloc(64 * 2 ** 20, 0x5a);
      readFileSync(world.image).copy(bytes);
      writeFileSync(base, bytes);
      const plans = await Promise.all(
        Array.from({ length: 10 }, (_, index) => world.plan(index + 1, { image: base, "disk-size": 20480 })),
      );
      const unique = new Map(plans.flat().map((resource) => [resource.id, resource]));
      const disks = [...unique.values()].filter(({ kind }) => kind !== "qemu.machine");
      await world.fleet.settle(disks.filter(({ kind }) => kind === "qemu.image"));
      await world.fleet.settle(disks);
      const states = Object.entries(await world.fleet.look()).filter(([id]) => id.endsWith("/disk"));
      expect(states).toHaveLength(10);
      const used = states.reduce((sum, [, { path }]) => sum + statSync(String(path)).blocks * 512, 0);
      console.log(`ten disks: ${Math.round(used / 1024)} KiB over a base of ${bytes.length / 2 ** 20} MiB`);
      expect(used).toBeLessThan(bytes.length * 0.05);
      // All stand on one file: nothing was copied but the image, once.
      const info = states.map(([, { path }]) => qemuImg("info", "--output=json", String(path)));
      const backing = (await Promise.all(info)).map((text) => JSON.parse(text)["backing-filename"] as unknown);
      expect(new Set(backing).size).toBe(1);
      expect(backing[0]).toEqual(expect.any(String));
      await world.fleet.settle([]);
    } finally {
      await world.dispose();
    }
  });
});

function commandLine(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
