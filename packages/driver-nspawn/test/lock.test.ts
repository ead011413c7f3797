import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeUnless, unlessRoot } from "../../../test/skipped.ts";
import { withLock } from "../src/lock.ts";

type Esbuild = { build(options: object): Promise<unknown> };

const nothing = async () => {};
let script: string;
let top: string;
let folder: string;
let path: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "machinist-nspawn-lock-"));
  script = join(top, "hold-lock.mjs");
  // The bundler comes with tsup.
  const fromTsup = createRequire(createRequire(import.meta.url).resolve("tsup"));
  await (fromTsup("esbuild") as Esbuild).build({
    entryPoints: [fileURLToPath(new URL("./children/hold-lock.ts", import.meta.url))],
    ...{ bundle: true, platform: "node", format: "esm", conditions: ["@machinist/source"] },
    ...{ outfile: script, logLevel: "error" },
  });
});
afterAll(() => rm(top, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(top, "locks-"));
  path = join(folder, "lock");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function holder(...under: string[]): Promise<ChildProcess> {
  const [file = "", ...args] = [...under, process.execPath, script, path];
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout!, "data");
  return child;
}
const noLitter = async () => expect(await readdir(folder)).toEqual([]);

test("one at a time, and nothing is left", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside--;
  };
  const failing = withLock(path, async () => Promise.reject(new Error("no")));
  const all = Array.from({ length: 10 }, () => withLock(path, work));
  await expect(failing).rejects.toThrow("no");
  await Promise.all(all);
  expect(most).toBe(1);
  await noLitter();
});

test("one that another process has is refused in the end, naming it; its death frees it", async () => {
  const child = await holder();
  await expect(withLock(path, nothing, { waitMs: 30 })).rejects.toMatchObject({
    code: "store.locked",
    message: expect.stringContaining(`process ${child.pid}`),
  });
  const waiting = withLock(path, nothing, { waitMs: 100_000 });
  child.kill("SIGKILL");
  await waiting;
  await noLitter();
});

test("a cancelled wait ends at once, for this process's turn as for another process", async () => {
  await holder();
  const [first, second] = [new AbortController(), new AbortController()];
  const before = withLock(path, nothing, { signal: first.signal });
  const behind = withLock(path, nothing, { signal: second.signal });
  second.abort();
  await expect(behind).rejects.toThrow();
  first.abort();
  await expect(before).rejects.toThrow();
});

describeUnless(unlessRoot("start processes in a namespace of their own"), "a process of another container", () => {
  test("that shares the folder is respected while it lives, though its number means nothing here", async () => {
    // Process 1 there, with a start time that no process 1 here has.
    const child = await holder("unshare", "--pid", "--fork", "--mount-proc", "--kill-child");
    const entered: string[] = [];
    const enter = withLock(path, async () => entered.push("in"), { waitMs: 200 });
    await expect(enter).rejects.toMatchObject({ code: "store.locked" });
    expect(entered).toEqual([]);
    child.kill("SIGKILL");
    await withLock(path, nothing, { waitMs: 100_000 });
    await noLitter();
  });
});
