import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { MachineState } from "@machinist/driver-nspawn";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { execute, local } from "../src/execute.ts";
import { LabFleet, ownerOf } from "../src/fleet.ts";
import { leftovers, unavailable } from "../src/index.ts";
import { closeRun, labFolder, openRun, type RunFolder } from "../src/run-folder.ts";
import { bundle } from "./child.ts";

const run = promisify(execFile);
const reason = unavailable();

const options = { image: "bare", release: "trixie", mirror: "", memory: 0, cpus: 0 };

describeUnless(reason, "the nspawn driver", () => {
  let creator: Awaited<ReturnType<typeof bundle>>;
  let world: RunFolder;
  let fleet: LabFleet;
  const name = () => world.record.names[0]!;
  const instance = () => `${name()}/instance`;
  const network = () => `@${world.record.prefix}/network`;
  const state = () => fleet.states[instance()] as MachineState;

  beforeAll(async () => {
    creator = await bundle("create-one");
  });
  afterAll(() => creator?.remove());
  beforeEach(async () => {
    world = openRun(labFolder(), (prefix) => [`${prefix}-1`, `${prefix}-2`]);
    fleet = new LabFleet(world);
    for (const each of world.record.names) await fleet.plan(each, "ssh-ed25519 AAAA test", options);
  });
  afterEach(async () => {
    for (const each of world.record.names) await fleet.remove(`${each}/instance`);
    // A definition whose writer was killed before it had its name goes with the next that is written, under the same lock.
    await fleet.ensure(network());
    await fleet.remove(network());
    closeRun(world.path);
    expect(await leftovers(world.record.prefix)).toEqual([]);
  });

  const ensureAll = async () => {
    await fleet.ensure(`@${world.record.prefix}/image:trixie-bare`);
    await fleet.ensure(network());
    await fleet.ensure(instance());
  };
  const child = (): ChildProcess =>
    spawn(process.execPath, [creator.script, JSON.stringify(world), name()], { stdio: "ignore" });
  const folder = () => join(world.path, "machines", name(), "nspawn", ownerOf(world.record.prefix, instance()));
  const answers = () =>
    local(["timeout", "120", "bash", "-c", `until exec 3<>/dev/tcp/${state().address}/22; do sleep 0.05; done`]);

  const points: [string, () => boolean | Promise<boolean>][] = [
    ["before anything", () => true],
    [
      "with a network defined",
      () => existsSync(`/var/lib/machinist/nspawn/networks/${ownerOf(world.record.prefix, network())}.json`),
    ],
    ["with a folder", () => existsSync(folder())],
    ["with half a tree", () => existsSync(join(folder(), "upper/etc/hostname"))],
    ["with a whole tree", () => existsSync(join(folder(), "machine.json"))],
    ["while it boots", () => existsSync(join(folder(), "pid"))],
    ...[120, 200, 300].map((ms): [string, () => Promise<boolean>] => [
      `after ${ms} ms`,
      () => delay(ms).then(() => true),
    ]),
  ];

  test.each(points)("a create killed %s is healed by the next", async (_, reached) => {
    const process = child();
    const exited = new Promise((resolve) => process.once("exit", resolve));
    await expect.poll(async () => (await reached()) || process.exitCode !== null, { interval: 1 }).toBe(true);
    process.kill("SIGKILL");
    await exited;
    await ensureAll();
    expect(state()).toMatchObject({ hostname: name(), running: true });
    expect((await answers()).code).toBe(0);
    expect(await carriers()).toHaveLength(2);
  });

  test.each(points.slice(1))("a create killed %s can be deleted right away", async (_, reached) => {
    const process = child();
    const exited = new Promise((resolve) => process.once("exit", resolve));
    await expect.poll(async () => (await reached()) || process.exitCode !== null, { interval: 1 }).toBe(true);
    process.kill("SIGKILL");
    await exited;
    await fleet.remove(instance());
    expect(existsSync(folder())).toBe(false);
    expect(await carriers()).toEqual([]);
  });

  /** Of one machine there are two: the carrier, and systemd-nspawn itself. */
  const carriers = async () =>
    (await leftovers(ownerOf(world.record.prefix, instance()))).filter((line) => line.startsWith("process"));

  test("two creates at once in two processes give one machine", async () => {
    const made = await Promise.all(
      [1, 2].map(() => run(process.execPath, [creator.script, JSON.stringify(world), name()])),
    );
    const [one, two] = made.map(({ stdout }) => JSON.parse(stdout) as MachineState);
    expect(two).toEqual(one);
    await fleet.refresh(instance());
    await answers();
    expect(await carriers()).toHaveLength(2);
  });

  test("deleting twice is fine, and the second finds nothing", async () => {
    await ensureAll();
    await fleet.remove(instance());
    expect(await fleet.refresh(instance())).toBeUndefined();
    await fleet.remove(instance());
  });

  test("a killed machine is there but stopped; started, it is the same", async () => {
    await ensureAll();
    const before = state();
    process.kill(before.pid, "SIGKILL");
    const { driver } = fleet;
    await expect.poll(() => driver.status?.(fleet.machineCall(name()))).toBe("stopped");
    expect(await fleet.refresh(instance())).toMatchObject({ running: false, pid: 0, address: before.address });
    expect(await fleet.ensure(instance())).toBe("updated");
    await driver.power?.start?.(fleet.machineCall(name()));
    await driver.power?.start?.(fleet.machineCall(name()));
    await answers();
    expect(await fleet.refresh(instance())).toMatchObject({
      running: true,
      address: before.address,
      hostKey: before.hostKey,
    });
    expect(await carriers()).toHaveLength(2);
    await driver.power?.restart?.(fleet.machineCall(name()));
    expect((await answers()).code).toBe(0);
    await fleet.remove(instance());
    expect(await driver.status?.(fleet.machineCall(name()))).toBe("missing");
  });

  test("a network that went down with the computer comes up again as it was", async () => {
    await ensureAll();
    await fleet.driver.power?.kill?.(fleet.machineCall(name()));
    const before = fleet.states[network()];
    await run("ip", ["link", "delete", String(before?.bridge)]);
    expect(await fleet.refresh(network())).toMatchObject({ nat: false, subnet: before?.subnet ?? "" });
    expect(await fleet.ensure(network())).toBe("updated");
    expect(fleet.states[network()]).toEqual(before);
    await run("ip", ["link", "delete", String(before?.bridge)]);
    await fleet.driver.power?.start?.(fleet.machineCall(name()));
    expect((await answers()).code).toBe(0);
  });

  test("rules taken away by someone are drift, and come back once", async () => {
    await ensureAll();
    const own = (await leftovers(world.record.prefix)).filter((line) => line.startsWith("rule"));
    expect(own).toHaveLength(3);
    await run("iptables", [
      "-D",
      ...own
        .find((line) => line.includes("MASQUERADE"))!
        .split(" ")
        .slice(2),
      "-t",
      "nat",
    ]);
    expect(await fleet.ensure(network())).toBe("updated");
    expect(await fleet.ensure(network())).toBe("none");
    expect((await leftovers(world.record.prefix)).filter((line) => line.startsWith("rule"))).toHaveLength(3);
  });

  test("another fleet's network is another one, and survives", async () => {
    await ensureAll();
    const other = openRun(labFolder(), (prefix) => [`${prefix}-1`]);
    const neighbour = new LabFleet(other);
    await neighbour.plan(other.record.names[0]!, "", options);
    const theirs = `@${other.record.prefix}/network`;
    await neighbour.ensure(theirs);
    expect(neighbour.states[theirs]?.subnet).not.toBe(fleet.states[network()]?.subnet);
    const shared = async () =>
      (await leftovers(world.record.prefix)).filter((line) => /^(rule|folder|link mch)/.test(line));
    const before = await shared();
    await neighbour.remove(theirs);
    closeRun(other.path);
    expect(await leftovers(other.record.prefix)).toEqual([]);
    expect(before.length).toBeGreaterThan(4);
    expect(await shared()).toEqual(before);
    expect(await fleet.ensure(network())).toBe("none");
  });

  test("a new key opens a running machine, and it is no longer drift", async () => {
    await ensureAll();
    await answers();
    await fleet.plan(name(), "ssh-ed25519 BBBB other", options);
    expect(await fleet.ensure(instance())).toBe("updated");
    expect(await fleet.ensure(instance())).toBe("none");
    const { stdout } = await run("nsenter", ["-t", await leader(), "-a", "cat", "/root/.ssh/authorized_keys"]);
    expect(stdout).toBe("ssh-ed25519 BBBB other\n");
  });

  const leader = async () => {
    const below = async (pid: string) => (await run("pgrep", ["-P", pid])).stdout.trim();
    return below(await below(String(state().pid)));
  };

  test("limits hold inside", async () => {
    const key = join(world.path, "key");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await fleet.plan(name(), readFileSync(`${key}.pub`, "utf8"), { ...options, memory: 256, cpus: 0.5 });
    await ensureAll();
    await answers();
    const endpoint = fleet.driver.endpoint!(name(), fleet.states)!;
    expect((await execute(endpoint, key, ["sh", "-c", "head -c 100M /dev/zero | tail | wc -c"])).stdout).toBe(
      "104857600\n",
    );
    expect((await execute(endpoint, key, ["sh", "-c", "tail /dev/zero; echo $?"])).stdout).toBe("137\n");
    // Seconds of processor time that one endless loop gets in three seconds: half of them, and some for rounding.
    const loop = "sh -c 'timeout 3 sh -c \"while :; do :; done\"; times'";
    const { stdout } = await execute(endpoint, key, ["sh", "-c", loop]);
    const used = /\n0m([\d.]+)s/.exec(stdout)?.[1];
    expect(Number(used)).toBeGreaterThan(0);
    expect(Number(used)).toBeLessThan(2);
  });

  test("a machine that cannot boot says why", async () => {
    await fleet.ensure(`@${world.record.prefix}/image:trixie-bare`);
    await fleet.ensure(network());
    // A folder with no system in it.
    const hollow = join(world.path, "hollow");
    mkdirSync(hollow);
    fleet.states[`@${world.record.prefix}/image:trixie-bare`] = { name: "hollow", path: hollow };
    await expect(fleet.ensure(instance())).rejects.toMatchObject({ code: "nspawn.boot" });
    rmSync(hollow, { recursive: true });
    await expect(fleet.ensure(instance())).rejects.toMatchObject({ code: "nspawn.image-gone" });
  });
});
