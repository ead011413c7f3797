import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FleetSpec, HookSpec } from "@machinist/core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bundle } from "./bundle.ts";
import { fleet, machine, slowBoot } from "./world.ts";

interface Ended {
  readonly ok: boolean;
  readonly failures: readonly { readonly code: string }[];
  readonly logs: readonly string[];
  readonly grownMiB: number;
}

/** What a hard hook may cost a run, garbage aside: of 100 MB that it prints little is held at a time. */
const mostMiB = 32;

const folderOf = async () => {
  const folder = await mkdtemp(join(tmpdir(), "machinist-hard-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

async function specOf(folder: string, script: string, more: Partial<HookSpec> = {}): Promise<FleetSpec> {
  await writeFile(join(folder, "hook.sh"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "hook.sh"), 0o755);
  const hook: HookSpec = {
    name: "hard",
    on: ["machine.created"],
    when: "after",
    action: { type: "run", argv: [join(folder, "hook.sh")] },
    timeoutMs: 60_000,
    retries: 0,
    onFailure: "fail",
    folder,
    ...more,
  };
  return { ...fleet([machine("a-1")]), hooks: [hook] };
}

const starting = (script: string, folder: string, spec: FleetSpec) =>
  spawn(process.execPath, [script, join(folder, "store"), JSON.stringify(spec)], {
    stdio: ["ignore", "pipe", "inherit"],
  });

async function up(script: string, folder: string, spec: FleetSpec): Promise<Ended> {
  const child = starting(script, folder, spec);
  let text = "";
  child.stdout.on("data", (part) => {
    text += part;
  });
  await once(child, "close");
  return JSON.parse(text) as Ended;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a hook that", () => {
  let script = "";
  let remove = async () => {};
  beforeAll(async () => {
    ({ script, remove } = await bundle("up"));
  });
  afterAll(() => remove());

  test("hangs, with a child that ignores SIGTERM, is ended with it at its deadline", async () => {
    const folder = await folderOf();
    const hang = "trap '' TERM\n(trap '' TERM; echo $$ > pid; sleep 600 & echo $! > child; wait) &\nsleep 600";
    const ended = await up(script, folder, await specOf(folder, hang, { timeoutMs: 5000 }));
    process.stdout.write(`hangs: ${ended.grownMiB.toFixed(1)} MiB\n`);
    // The hook would sleep for longer than a test may take.
    expect(ended.failures).toMatchObject([{ code: "hook.timeout" }]);
    expect(ended.grownMiB).toBeLessThan(mostMiB);
    const child = Number(await readFile(join(folder, "child"), "utf8"));
    await expect.poll(() => isAlive(child), { message: "the hook's child is ended" }).toBe(false);
  });

  test("ends and leaves a child that holds its output open does not hold up the run", async () => {
    const folder = await folderOf();
    const ended = await up(script, folder, await specOf(folder, "sleep 600 &\necho $! > child\necho done"));
    const child = Number(await readFile(join(folder, "child"), "utf8"));
    expect(isAlive(child)).toBe(true);
    process.kill(child);
    expect(ended).toMatchObject({ ok: true, logs: expect.arrayContaining(["hard: done"]) });
  });

  test("fails is told with its last code", async () => {
    const folder = await folderOf();
    const ended = await up(script, folder, await specOf(folder, "echo oh no >&2; exit 7"));
    expect(ended.failures).toMatchObject([{ code: "hook.exit", message: expect.stringContaining("code 7") }]);
    expect(ended.logs).toContain("hard: oh no");
  });

  test.each([
    ["in lines", "yes 'a line of a hook that says very much' | head -c 100000000"],
    ["in one line", "head -c 100000000 /dev/zero | tr '\\0' x"],
  ])("prints 100 MB %s takes no memory for it", async (_, print) => {
    const folder = await folderOf();
    const ended = await up(script, folder, await specOf(folder, print));
    process.stdout.write(`100 MB ${_}: ${ended.grownMiB.toFixed(1)} MiB, ${ended.logs.length} lines\n`);
    expect(ended.ok).toBe(true);
    expect(ended.grownMiB).toBeLessThan(mostMiB);
    expect(ended.logs.length).toBeLessThan(250);
    if (_ === "in lines") expect(ended.logs.some((line) => /more lines are left out/.test(line))).toBe(true);
  });

  test("is killed is a failure that names the signal", async () => {
    const folder = await folderOf();
    const ended = await up(script, folder, await specOf(folder, "kill -9 $$"));
    expect(ended.failures).toMatchObject([{ code: "hook.exit", message: expect.stringContaining("SIGKILL") }]);
  });

  test("is not there, or not executable, is said to be so", async () => {
    const folder = await folderOf();
    const spec = await specOf(folder, "true");
    await chmod(join(folder, "hook.sh"), 0o644);
    const ended = await up(script, folder, spec);
    expect(ended.failures).toMatchObject([
      { code: "hook.missing", message: expect.stringContaining("not executable") },
    ]);
    const gone = { ...spec, name: "two", machines: [machine("b-1")] };
    await rm(join(folder, "hook.sh"));
    expect((await up(script, folder, gone)).failures).toMatchObject(
      [{ code: "hook.missing" }, { code: "hook.missing" }].slice(0, 1),
    );
  });

  test("was under way when the run was killed is told again by the next up, with the same delivery", async () => {
    const folder = await folderOf();
    const spec = await specOf(folder, "cat >> told; test -e quick || sleep 60");
    const child = starting(script, folder, spec);
    const told = () => readFile(join(folder, "told"), "utf8").catch(() => "");
    await expect.poll(told, { message: "the hook was told" }).toMatch(/\n$/);
    child.kill("SIGKILL");
    await once(child, "close");
    await writeFile(join(folder, "quick"), "");
    const ended = await up(script, folder, spec);
    expect(ended).toMatchObject({ ok: true });
    const [first, ...more] = (await told())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([first, ...more]).toMatchObject([
      { event: "machine.created", resumed: false },
      { event: "machine.created", resumed: true, delivery: first.delivery },
    ]);
  });

  test("had not been told when the run was killed, while its machine came up, is told once it is there", async () => {
    const folder = await folderOf();
    const spec = await specOf(folder, "cat >> told");
    const slow = { ...spec, machines: [machine("a-1", slowBoot)] };
    const child = starting(script, folder, slow);
    const record = join(folder, "store", "machines", "a-1", "record.json");
    const created = async () => (await readFile(record, "utf8").catch(() => "")).includes('"created"');
    await expect.poll(created, { message: "the machine was created" }).toBe(true);
    child.kill("SIGKILL");
    await once(child, "close");
    expect(existsSync(join(folder, "told"))).toBe(false);
    const quick = { ...spec, machines: [machine("a-1", { "boot-ms": 10 })] };
    expect(await up(script, folder, quick)).toMatchObject({ ok: true });
    expect(JSON.parse(await readFile(join(folder, "told"), "utf8"))).toMatchObject({ event: "machine.created" });
  });
});
