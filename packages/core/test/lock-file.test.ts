import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir, uptime } from "node:os";
import { dirname, join } from "node:path";
import { lockFile, processMark } from "@machinist/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describeUnless, testUnless, testWhere, unlessRoot } from "../../../test/skipped.ts";
import { bundle } from "./bundle.ts";

const onLinux = process.platform === "linux";
const hasPython = spawnSync("python3", ["--version"]).status === 0;

const scripts: { [name: string]: Awaited<ReturnType<typeof bundle>> } = {};
const children: ChildProcess[] = [];
let folder: string;
let path: string;

beforeAll(async () => {
  for (const name of ["hold-lock", "contend"]) scripts[name] = await bundle(name);
});
afterAll(() => Promise.all(Object.values(scripts).map((each) => each.remove())));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-lock-"));
  path = join(folder, "locks", "m.lock");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

function start(name: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [scripts[name]!.script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  return child;
}
async function holder(): Promise<ChildProcess> {
  const child = start("hold-lock", path);
  await once(child.stdout!, "data");
  return child;
}
/** The content of a lock whose holder is dead: a process that was, and is no more. */
async function stale(): Promise<string> {
  const child = start("hold-lock", path);
  await once(child.stdout!, "data");
  const content = await readFile(path, "utf8");
  child.kill("SIGKILL");
  await once(child, "exit");
  return content;
}
const noLitter = async () => expect(await readdir(join(folder, "locks"))).toEqual([]);

describe("a lock", () => {
  test("is refused by the holder's process and the name of what is locked", async () => {
    const child = await holder();
    const locked = lockFile(path, { what: "machine m" });
    await expect(locked).rejects.toMatchObject({
      code: "store.locked",
      message: `Another machinist (process ${child.pid}) is working on machine m`,
      hint: expect.stringContaining("Wait"),
      retryable: false,
    });
  });

  test("is waited for as long as one is willing to", async () => {
    const child = await holder();
    const before = Date.now();
    await expect(lockFile(path, { waitMs: 150 })).rejects.toMatchObject({ code: "store.locked" });
    expect(Date.now() - before).toBeGreaterThanOrEqual(145);
    // Here and below: whoever is so slow that the lock is free, or no longer wanted, when it is first looked for, waits less.
    setTimeout(() => child.stdin?.write("release\n"), 50);
    await (await lockFile(path, { waitMs: 100_000 })).release();
    await noLitter();
  });

  test("is freed by its holder's SIGKILL, also for one who waits already", async () => {
    const child = await holder();
    const waiting = lockFile(path, { waitMs: 100_000 });
    setTimeout(() => child.kill("SIGKILL"), 50);
    await (await waiting).release();
    await noLitter();
  });

  test("is refused to the process that has it, too", async () => {
    const first = await lockFile(path);
    await expect(lockFile(path)).rejects.toMatchObject({ message: expect.stringContaining(String(process.pid)) });
    await first.release();
    await (await lockFile(path)).release();
  });

  test("is not released by one who has it no longer", async () => {
    const first = await lockFile(path);
    await first.release();
    const second = await lockFile(path);
    await first.release();
    await expect(lockFile(path)).rejects.toMatchObject({ code: "store.locked" });
    await writeFile(path, '{"pid":1,"host":"another"}');
    await second.release();
    expect(await readFile(path, "utf8")).toContain("another");
  });

  test("stops being waited for when cancelled", async () => {
    await holder();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const waiting = lockFile(path, { waitMs: 60_000, signal: controller.signal });
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
  });

  test("is private, in a private folder", async () => {
    const lock = await lockFile(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "locks"))).mode & 0o777).toBe(0o700);
    await lock.release();
  });
});

describe("a lock file that is found", () => {
  const left = async (holder: object, madeAt?: Date) => {
    await mkdir(join(folder, "locks"), { recursive: true });
    await writeFile(path, JSON.stringify(holder));
    if (madeAt) await utimes(path, madeAt, madeAt);
  };
  const beforeThisBoot = new Date(Date.now() - (uptime() + 3600) * 1000);
  const anotherBoot = "00000000-0000-4000-8000-000000000000";

  test("of another computer is respected, which is named", async () => {
    await left({ pid: 1, host: `not-${hostname()}`, boot: anotherBoot, socket: ".a.sock", command: "up" });
    await expect(lockFile(path, { name: "m" })).rejects.toMatchObject({
      code: "store.locked",
      message: expect.stringContaining(`process 1 on not-${hostname()}, up`),
      hint: expect.stringContaining("machinist unlock m"),
    });
  });

  testWhere(
    onLinux,
    "boots are told apart by Linux",
    "of a boot before this one is stale on a disk of our own",
    async () => {
      await left({ pid: process.pid, host: `not-${hostname()}`, boot: anotherBoot }, beforeThisBoot);
      await (await lockFile(path)).release();
      await noLitter();
    },
  );

  test("of another boot that is as young as ours is respected: a guest's, or that of one who is served files", async () => {
    await left({ pid: process.pid, host: hostname(), boot: anotherBoot, socket: ".a.sock" });
    await expect(lockFile(path)).rejects.toMatchObject({ code: "store.locked" });
  });

  test("of an earlier version is respected in its boot, with the command that frees it, and stale after it", async () => {
    const boot = onLinux ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() : "Mon Jan 1";
    await left({ pid: process.pid, mark: `${boot}-1`, host: hostname(), key: "k" }, beforeThisBoot);
    await expect(lockFile(path, { name: "m" })).rejects.toMatchObject({
      hint: expect.stringContaining("machinist unlock m"),
    });
    if (!onLinux) return;
    await left({ pid: process.pid, mark: `${anotherBoot}-1`, host: hostname(), key: "k" }, beforeThisBoot);
    await (await lockFile(path)).release();
  });

  test("of a process that could not listen is respected", async () => {
    await left({ ...JSON.parse(await stale()), socket: undefined });
    await expect(lockFile(path)).rejects.toMatchObject({ code: "store.locked" });
  });

  test.each(["", "{", "null", "7", '"text"', "[]", "{}"])(
    "with %j in it is told by its path, and left",
    async (text) => {
      await mkdir(join(folder, "locks"));
      await writeFile(path, text);
      await expect(lockFile(path)).rejects.toMatchObject({
        code: "store.locked",
        message: expect.stringContaining(path),
        hint: expect.stringContaining(`rm ${path}`),
      });
      expect(await readFile(path, "utf8")).toBe(text);
    },
  );

  test("half broken by one who was killed over it is broken all the same", async () => {
    await stale();
    await writeFile(`${path}.breaking`, "left");
    const past = new Date(Date.now() - 60_000);
    await (await import("node:fs/promises")).utimes(`${path}.breaking`, past, past);
    await (await lockFile(path, { waitMs: 100_000 })).release();
    await noLitter();
  });
});

describe("a lock in a folder", () => {
  test.each(["where there is room for a socket's address", "whose path is longer than a socket's address"])(
    "%s is freed by its holder's SIGKILL",
    async (title) => {
      if (title.includes("longer")) path = join(folder, "x".repeat(120), "y".repeat(120), "m.lock");
      const child = await holder();
      await expect(lockFile(path)).rejects.toMatchObject({ code: "store.locked" });
      child.kill("SIGKILL");
      await once(child, "exit");
      await (await lockFile(path)).release();
      expect(await readdir(dirname(path))).toEqual([]);
    },
  );

  test("is one of many that its process holds with one socket, each freed by the death", async () => {
    const child = start("hold-lock", path, `${path}.second.lock`);
    await once(child.stdout!, "data");
    expect((await readdir(join(folder, "locks"))).filter((name) => name.endsWith(".sock"))).toHaveLength(1);
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await lockFile(path)).release();
    await (await lockFile(`${path}.second.lock`)).release();
    await noLitter();
  });
});

const noNamespaces = unlessRoot("start processes in a namespace of their own");

describeUnless(noNamespaces, "two containers that share a folder", () => {
  /** A holder in its own table of processes, where it is process 1, and with its own host name. */
  async function contained(...more: string[]): Promise<ChildProcess> {
    const apart = ["--pid", "--fork", "--mount-proc", "--kill-child", ...more];
    const child = spawn("unshare", [...apart, process.execPath, scripts["hold-lock"]!.script, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(child);
    await once(child.stdout!, "data");
    return child;
  }

  test("respect each other's locks though they have the same host name", async () => {
    const child = await contained();
    await expect(lockFile(path)).rejects.toMatchObject({ code: "store.locked", hint: expect.stringContaining("Wait") });
    child.stdin?.write("release\n");
    await once(child, "exit");
    await (await lockFile(path)).release();
    await noLitter();
  });

  test("free the lock of the one that was killed though it had another host name", async () => {
    const child = await contained("--uts", "sh", "-c", 'hostname another && exec "$@"', "sh");
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: 1, host: "another" });
    await expect(lockFile(path)).rejects.toMatchObject({ message: expect.stringContaining("process 1 on another") });
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await lockFile(path, { waitMs: 100_000 })).release();
    await noLitter();
  });
});

test("eight processes that meet over a dead one's lock hold it one at a time", async () => {
  const journal = join(folder, "journal");
  await stale();
  const rounds = 12;
  const all = Array.from({ length: 8 }, () => start("contend", path, journal, String(rounds)));
  await Promise.all(all.map((child) => once(child, "exit")));
  const lines = (await readFile(journal, "utf8")).trim().split("\n");
  expect(lines).toHaveLength(8 * rounds * 2);
  for (let at = 0; at < lines.length; at += 2) {
    const pid = lines[at]?.slice("enter ".length);
    expect(lines.slice(at, at + 2), `entry ${at / 2}`).toEqual([`enter ${pid}`, `leave ${pid}`]);
  }
});

test("a process has one mark as long as it lives, and none after", async () => {
  const child = await holder();
  const mark = await processMark(child.pid!);
  expect(mark).toBeTruthy();
  expect(await processMark(child.pid!)).toBe(mark);
  expect(await processMark(process.pid)).not.toBe(mark);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await processMark(child.pid!)).toBeUndefined();
});

const noThreads = process.platform === "linux" ? undefined : "not applicable: only Linux shows it in /proc";

testUnless(
  noThreads ?? (hasPython ? undefined : "there is no python3 here"),
  "a process whose first thread has ended lives on in the others",
  async () => {
    const script = `
import ctypes, threading, time
threading.Thread(target=lambda: (print("started", flush=True), time.sleep(600))).start()
ctypes.CDLL(None).pthread_exit(None)`;
    const child = spawn("python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const mark = await processMark(child.pid!);
    await once(child.stdout!, "data");
    await expect.poll(() => readFile(`/proc/${child.pid}/stat`, "utf8")).toContain(") Z ");
    expect(await processMark(child.pid!)).toBe(mark);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await processMark(child.pid!)).toBeUndefined();
  },
);
