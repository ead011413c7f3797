import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HookAction, HookEvent, HookSpec } from "@machinist/core";
import { expect, onTestFinished, test } from "vitest";
import { checkHooks } from "../src/views/check-hooks.ts";
import { Workspace } from "../src/workspace.ts";
import { fleet, machine, world } from "./world.ts";

type Told = { event: string; machine?: { name: string; driver: string }; delivery: string; resumed: boolean };

/** A folder with a hook that writes down what it is told, or that does what is given. */
async function scribe(script = "cat >> told.jsonl") {
  const folder = await mkdtemp(join(tmpdir(), "machinist-hook-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "hook.sh"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "hook.sh"), 0o755);
  const told = async (): Promise<Told[]> =>
    (await readFile(join(folder, "told.jsonl"), "utf8").catch(() => ""))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Told);
  const hook = (on: readonly HookEvent[], more: Partial<HookSpec> = {}): HookSpec => ({
    name: "scribe",
    on,
    when: "after",
    action: { type: "run", argv: [join(folder, "hook.sh")] } satisfies HookAction,
    timeoutMs: 60_000,
    retries: 0,
    onFailure: "warn",
    folder,
    ...more,
  });
  return { folder, told, hook };
}

const all: readonly HookEvent[] = [
  "machine.created",
  "machine.removed",
  "machine.started",
  "machine.stopped",
  "run.started",
  "run.finished",
];
const names = (told: readonly Told[]) =>
  told.map(({ event, machine: about }) => [event, about?.name].filter(Boolean).join(" "));

test("hooks are told of a fleet's whole life, also by commands that have no manifest, and nothing is left pending", async () => {
  const { machinist, path } = await world();
  const { told, hook } = await scribe();
  const spec = { ...fleet([machine("a-1"), machine("a-2")]), hooks: [hook(all)] };
  expect(await machinist.up(spec).result).toMatchObject({ ok: true, failures: [] });
  const first = await told();
  expect(names(first).sort()).toEqual(["machine.created a-1", "machine.created a-2", "run.finished", "run.started"]);
  expect(first.at(-1)).toMatchObject({ event: "run.finished", run: { action: "up", status: "finished" } });
  expect(first.find(({ event }) => event === "machine.created")).toMatchObject({
    version: 1,
    phase: "after",
    hook: "scribe",
    attempt: 1,
    resumed: false,
    fleet: "demo",
    machine: { driver: "simulated", fleet: "demo" },
  });
  await machinist.up(spec).result;
  expect(names((await told()).slice(4))).toEqual(["run.started", "run.finished"]);
  await machinist.power("stop", ["a-1"]).result;
  await machinist.power("start", ["a-1"]).result;
  expect((await machinist.down("demo").result).ok).toBe(true);
  const rest = names((await told()).slice(6)).filter((name) => !name.startsWith("run."));
  expect(rest.slice(0, 2)).toEqual(["machine.stopped a-1", "machine.started a-1"]);
  expect(rest.slice(2).sort()).toEqual(["machine.removed a-1", "machine.removed a-2"]);
  expect(await readdir(join(path, "hooks"))).toEqual([]);
  expect(await readdir(join(path, "locks"))).toEqual([]);
});

test("a hook before an event may veto it: nothing is made, and the next up goes on when it agrees", async () => {
  const { machinist, path } = await world();
  const { folder, hook } = await scribe('echo "not today" >&2; test -e agreed');
  const before = hook(["machine.created"], { when: "before", onFailure: "fail" });
  const spec = { ...fleet([machine("a-1"), machine("a-2")]), hooks: [before] };
  const run = machinist.up(spec);
  const said: string[] = [];
  for await (const event of run) if (event.type === "log") said.push(event.message);
  const refused = await run.result;
  expect(refused.ok).toBe(false);
  expect(refused.failures.map(({ id, code }) => [id, code])).toEqual([
    ["a-1/instance", "hook.refused"],
    ["a-2/instance", "hook.refused"],
  ]);
  expect(said).toContain("scribe: not today");
  expect(await readdir(join(path, "cache", "simulated")).catch(() => [])).toEqual([]);
  await writeFile(join(folder, "agreed"), "");
  expect((await machinist.up(spec).result).changed).toBe(2);
});

test("a veto of a whole run begins nothing", async () => {
  const { machinist } = await world();
  const { hook } = await scribe("exit 1");
  const veto = hook(["run.started"], { when: "before", onFailure: "fail" });
  await expect(machinist.up({ ...fleet([machine("a-1")]), hooks: [veto] }).result).rejects.toMatchObject({
    code: "hook.refused",
  });
  expect(await machinist.names()).toEqual([]);
});

test.each([
  ["warn", true, "warn"],
  ["ignore", true, "debug"],
] as const)("a failure with %s lets the run be", async (onFailure, ok, level) => {
  const { machinist } = await world();
  const { hook } = await scribe("exit 3");
  const run = machinist.up({ ...fleet([machine("a-1")]), hooks: [hook(["machine.created"], { onFailure })] });
  const levels: string[] = [];
  for await (const event of run) if (event.type === "log" && event.message.includes("code 3")) levels.push(event.level);
  expect((await run.result).ok).toBe(ok);
  expect(levels).toEqual([level]);
});

test("a failure with fail fails the run, and the next up tells it again with the same delivery", async () => {
  const { machinist, path } = await world();
  const { folder, told, hook } = await scribe("cat >> told.jsonl; test -e mended");
  const spec = { ...fleet([machine("a-1")]), hooks: [hook(["machine.created"], { onFailure: "fail" })] };
  const failed = await machinist.up(spec).result;
  expect(failed).toMatchObject({ ok: false, changed: 1, failures: [{ id: "a-1", code: "hook.exit" }] });
  expect(await readdir(join(path, "hooks"))).toHaveLength(1);
  expect((await checkHooks(new Workspace({ storagePath: path })))[0]?.message).toContain("yet to be told");
  await writeFile(join(folder, "mended"), "");
  expect(await machinist.up(spec).result).toMatchObject({ ok: true, changed: 0 });
  const [first, second, ...more] = await told();
  expect(more).toEqual([]);
  expect(second).toMatchObject({ event: "machine.created", resumed: true, delivery: first?.delivery });
  expect(await readdir(join(path, "hooks"))).toEqual([]);
});

test("a hook that is retried succeeds in the end", async () => {
  const { machinist } = await world();
  const { told, hook } = await scribe('cat >> told.jsonl; test "$MACHINIST_ATTEMPT" = 2');
  const spec = { ...fleet([machine("a-1")]), hooks: [hook(["machine.created"], { retries: 2, onFailure: "fail" })] };
  expect((await machinist.up(spec).result).ok).toBe(true);
  expect(await told()).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
});

test("a cancelled run ends its hooks, and leaves them to the next", async () => {
  const { machinist } = await world();
  const { folder, told, hook } = await scribe("cat >> told.jsonl; test -e quick || sleep 600");
  const spec = { ...fleet([machine("a-1")]), hooks: [hook(["machine.created"], { timeoutMs: 600_000 })] };
  const stop = new AbortController();
  const run = machinist.up(spec, { signal: stop.signal });
  await expect.poll(told, { message: "the hook is under way" }).toHaveLength(1);
  stop.abort();
  // The hook by itself would go on for longer than a test may take.
  expect(await run.result).toMatchObject({ changed: 1, failures: [] });
  await writeFile(join(folder, "quick"), "");
  expect((await machinist.up(spec).result).ok).toBe(true);
  expect(await told()).toMatchObject([{ resumed: false }, { event: "machine.created", resumed: true }]);
});

test("a machine that is lost or replaced is created again, and a part that is updated is not", async () => {
  const { machinist, path } = await world();
  const { told, hook } = await scribe();
  const hooks = [hook(["machine.created", "machine.removed"])];
  await machinist.up({ ...fleet([machine("a-1")]), hooks }).result;
  await machinist.up({ ...fleet([machine("a-1", { size: "big" })]), hooks }).result;
  expect(names(await told())).toEqual(["machine.created a-1"]);
  for (const name of await readdir(join(path, "cache", "simulated"))) await rm(join(path, "cache", "simulated", name));
  await machinist.up({ ...fleet([machine("a-1", { size: "big" })]), hooks }).result;
  expect(names(await told())).toEqual(["machine.created a-1", "machine.created a-1"]);
  await machinist.up({ ...fleet([machine("a-1", { size: "big", image: "other" })]), hooks }, { replace: true }).result;
  expect(names((await told()).slice(2))).toEqual(["machine.created a-1"]);
  await machinist.remove(["a-1"]).result;
  expect(names((await told()).slice(3))).toEqual(["machine.removed a-1"]);
});
