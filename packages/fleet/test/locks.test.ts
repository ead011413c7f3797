import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "./bundle.ts";
import { endBoots, slowBoot, until, world } from "./world.ts";

let creator: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  creator = await bundle("create");
});
afterAll(() => creator.remove());

const request = (name: string, options = {}) =>
  ({ name, driver: "simulated", options: { "boot-ms": 1, network: true, ...options }, engine: false }) as const;
const names = (count: number) => Array.from({ length: count }, (_, at) => `box-${at + 1}`);

/** What there is at the provider, by its owner tag without the generation: each machine once, and one network. */
async function made(path: string): Promise<string[]> {
  const files = await readdir(join(path, "cache", "simulated"));
  return files.filter((name) => name.endsWith(".json")).map((name) => name.replace(/-\d+\.json$/, ""));
}

test("forty machines are created at once in a fresh store, each once", async () => {
  const { machinist, path } = await world();
  const outcome = await machinist.create(names(40).map((name) => request(name))).result;
  expect(outcome.failures).toEqual([]);
  expect((await machinist.names()).length).toBe(40);
  expect(new Set(await made(path)).size).toBe(41);
  expect((await made(path)).length).toBe(41);
});

test("forty processes create machines in a fresh store at once, each machine once", async () => {
  const { machinist, path } = await world();
  const children = names(40).map((name) =>
    spawn(process.execPath, [creator.script, path, name], { stdio: ["ignore", "pipe", "pipe"] }),
  );
  const results = await Promise.all(
    children.map(async (child) => {
      let said = "";
      child.stdout.on("data", (data) => (said += data));
      child.stderr.on("data", (data) => (said += data));
      await once(child, "close");
      return said.trim();
    }),
  );
  expect(results).toEqual(children.map(() => "ok"));
  expect((await machinist.names()).length).toBe(40);
  expect((await made(path)).length).toBe(41);
  expect(await machinist.locks()).toEqual([]);
});

test("who works on a machine is shown, and not disturbed", async () => {
  const { machinist, path, again } = await world();
  const run = machinist.create([request("box", { ...slowBoot, network: false })]);
  await until(run, "box/instance", "waiting");
  const other = await again();
  const found = await other.locks();
  expect(found).toMatchObject([
    { name: "box", standing: "alive", holder: { pid: process.pid, host: hostname(), command: "create" } },
  ]);
  await expect(other.remove(["box"]).result).resolves.toMatchObject({
    failures: [{ code: "store.locked", hint: expect.stringContaining("machinist unlock box") }],
  });
  await expect(other.unlock(found)).rejects.toMatchObject({
    code: "store.in-use",
    hint: expect.stringContaining(String(process.pid)),
  });
  await endBoots(path);
  expect((await run.result).ok).toBe(true);
  expect(await other.locks()).toEqual([]);
});

test("what a process on another computer left locked is freed, and the audit log says so", async () => {
  const { machinist, path } = await world();
  expect((await machinist.create([request("box")]).result).ok).toBe(true);
  const lock = join(path, "locks", "box.lock");
  await mkdir(join(path, "locks"), { recursive: true });
  await writeFile(lock, JSON.stringify({ pid: 7, host: "ci-1", boot: "of-another", command: "up" }));
  await expect(machinist.power("stop", ["box"]).result).resolves.toMatchObject({
    failures: [{ code: "store.locked" }],
  });
  const found = await machinist.locks();
  expect(found).toMatchObject([{ name: "box", standing: "unknown", holder: { host: "ci-1", command: "up" } }]);
  expect(await machinist.unlock(found)).toEqual(["box"]);
  expect((await machinist.power("stop", ["box"]).result).ok).toBe(true);
  // As it was found: one that somebody has taken since is theirs.
  await writeFile(lock, JSON.stringify({ pid: 8, host: "ci-2", boot: "of-another" }));
  expect(await machinist.unlock(found)).toEqual([]);
  expect(await readFile(lock, "utf8")).toContain("ci-2");
  const audit = [];
  for await (const line of machinist.audit()) audit.push(line);
  expect(audit).toContainEqual(expect.objectContaining({ type: "started", action: "unlock", machines: ["box"] }));
});
