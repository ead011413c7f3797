import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPlugin, pluginNames } from "@machinist/driver-plugin";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { about, oddProgram } from "./odd-program.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-odd-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const logged: string[] = [];
const call = (signal: AbortSignal) => ({
  ...{ id: "m/machine", fleet: "f", props: {}, owner: "o", dependencies: {}, state: undefined, signal },
  log: (message: string, level = "info") => void logged.push(`${level} ${message}`),
  step: (step: string, status: string) => void logged.push(`${step} ${status}`),
  progress: (...counted: unknown[]) => void logged.push(counted.join(" ")),
  markRequestSent: async () => void logged.push("announced"),
});

async function read(manner: string, signal = AbortSignal.timeout(60_000)) {
  const env = await oddProgram(folder, manner);
  const module = (await findPlugin("odd", env, signal))!;
  const driver = module.create({ env, cacheDir: folder, machineDir: (machine) => join(folder, machine) });
  return driver.resourceTypes["odd.machine"]!.read(call(signal));
}

const running = () =>
  execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(folder));

describe("a program", () => {
  test("is known by its name, and started only when it is asked", async () => {
    const env = await oddProgram(folder, "");
    expect(await pluginNames(env)).toContain("odd");
    expect(await findPlugin("none-such", env, AbortSignal.timeout(60_000))).toBeUndefined();
  });

  test("answers, says what it does meanwhile, and is ended when nothing more is asked", async () => {
    const state = await read(`
      send({ method: "log", params: { call: id, message: "looking", level: "warn" } });
      send({ method: "step", params: { call: id, step: "look", status: "applied" } });
      send({ method: "progress", params: { call: id, done: 1, total: 2, unit: "B" } });
      send({ id: 1, method: "requestSent", params: { call: id } });
      send({ id, result: { state: { a: 1 }, ready: "nearly", drift: ["b"], folder: params.call.folder } });`);
    expect(state).toMatchObject({ state: { a: 1 }, ready: "nearly", drift: ["b"] });
    await expect.poll(() => logged).toEqual(["warn looking", "look applied", "1 2 B", "announced"]);
    await expect.poll(running).toEqual([]);
  });

  test.each([
    ["dies", `process.stderr.write("out of luck\\n"); process.exit(3);`, "plugin.lost", "out of luck"],
    ["says what is no JSON", `console.log("Hello!");`, "plugin.protocol", "Hello!"],
    ["says null", `console.log("null");`, "plugin.protocol", "null"],
    ["never ends its line", `process.stdout.write("x".repeat(6e6));`, "plugin.protocol", "without an end"],
    ["has not the method", `send({ id, error: { code: -32601, message: "read" } });`, "plugin.method", "read"],
    ["fails without a reason", `send({ id, error: {} });`, "plugin.refused", "no reason"],
  ])("that %s is told, and is gone", async (_what, manner, code, words) => {
    await expect(read(manner)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    await expect.poll(running).toEqual([]);
  });

  test("fails with its own sentence, hint and wish for another try", async () => {
    const manner = `send({ id, error: { code: 1, message: "Full\\nat line 7",
      data: { code: "odd.quota", hint: "Ask for more", retryable: true, retryAfterMs: 50 } } });`;
    const failure = { message: "Full [odd.quota]", hint: "Ask for more", retryable: true, retryAfterMs: 50 };
    await expect(read(manner)).rejects.toMatchObject({ code: "plugin.refused", ...failure });
    const spent = `send({ id, error: { message: "Gone", data: { code: "owner.spent" } } });`;
    await expect(read(spent)).rejects.toMatchObject({ code: "owner.spent" });
  });

  test("that listens stops when nobody wants its answer; one that does not is ended", async () => {
    const said = `send({ method: "log", params: { call: id, message: "asked" } });`;
    const polite = `${said} require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      if (JSON.parse(line).method === "cancel") send({ id, error: { message: "stopped" } }); });`;
    for (const manner of [polite, said]) {
      logged.length = 0;
      const controller = new AbortController();
      const reading = read(manner, controller.signal);
      await Promise.race([reading, expect.poll(() => logged).toEqual(["info asked"])]);
      controller.abort();
      await expect(reading).rejects.toMatchObject({ code: "cancelled" });
    }
    await expect.poll(running).toEqual([]);
  });

  test.each([
    [{ ...about, protocol: 2 }, "plugin.version", "version 2"],
    [{ ...about, name: "other" }, "plugin.protocol", "of this name"],
    [{ ...about, resourceTypes: { machine: {} } }, "plugin.protocol", "resourceTypes.machine"],
    [{ protocol: 1, name: "odd" }, "plugin.protocol", "options.type"],
    ["rubbish", "plugin.version", "undefined"],
  ])("that describes itself as %j is told", async (said, code, words) => {
    const env = await oddProgram(folder, "", said as object);
    const failure = findPlugin("odd", env, AbortSignal.timeout(60_000));
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });
});
