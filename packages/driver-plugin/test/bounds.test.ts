import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPlugin } from "@machinist/driver-plugin";
import { resolveOptions } from "@machinist/options";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startPlugin } from "../src/go/plugin-process.ts";
import { LineGate } from "../src/line-gate.ts";
import { about, oddProgram } from "./odd-program.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-bounds-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function found(manner: string, said?: object) {
  const env = await oddProgram(folder, manner, said);
  const module = (await findPlugin("odd", env, AbortSignal.timeout(60_000)))!;
  const driver = module.create({ env, cacheDir: folder, machineDir: (machine) => join(folder, machine) });
  return { module, driver };
}

/** Ask such a program for a machine; what it said meanwhile, and how it ended. */
async function read(manner: string) {
  const { driver } = await found(manner);
  const said: string[] = [];
  const note = (...words: unknown[]) => void said.push(words.join(" "));
  const signal = AbortSignal.timeout(120_000);
  let announced = 0;
  const call = {
    ...{ id: "m/machine", fleet: "f", props: {}, owner: "o", dependencies: {}, state: undefined, signal },
    ...{ log: note, step: note, progress: note },
    markRequestSent: async () => void announced++,
  };
  const ended = await driver.resourceTypes["odd.machine"]!.read(call).catch((thrown: unknown) => thrown);
  return { ended, said, announced: () => announced };
}

/** As much as the gate lets through in so many ms, however long the flood took: told once, and again only after a calm. */
function bounded(said: readonly string[], ms: number): void {
  const told = said.filter((line) => line.includes("output was left out")).length;
  expect(told).toBeGreaterThanOrEqual(1);
  expect(told).toBeLessThanOrEqual(1 + ms / 8000);
  expect(said.length).toBeLessThanOrEqual(2000 + ms / 10 + told);
  expect(said.join("").length).toBeLessThanOrEqual(2 ** 20 + (ms / 1000) * 2 ** 16 + 2000);
}

describe("a driver that floods", () => {
  const message = "x".repeat(5000);
  test.each([
    ["logs", `send({ method: "log", params: { call: id, message: ${JSON.stringify(message)} } })`],
    ["steps", `send({ method: "step", params: { call: id, step: "s" + i, status: "applied" } })`],
    ["progress", `send({ method: "progress", params: { call: id, done: i } })`],
    ["its stderr", `process.stderr.write("line " + i + ${JSON.stringify(message)} + "\\n")`],
  ])("with %s is heard as far as anybody could follow, told once, and its answer is taken", async (_what, flood) => {
    const began = performance.now();
    const { ended, said } = await read(`
      for (let i = 0; i < 20000; i++) ${flood};
      const end = () => send({ id, result: { state: { a: 1 } } });
      process.stderr.writableLength > 0 ? process.stderr.once("drain", end) : end();`);
    expect(ended).toMatchObject({ state: { a: 1 } });
    bounded(said, performance.now() - began);
  });

  test("with notes to be kept is refused some time, and asks no more of the disk", async () => {
    const { ended, announced } = await read(`
      let refused = 0;
      require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
        if (JSON.parse(line).error && ++refused === 900) send({ id, result: { state: { refused } } });
      });
      for (let i = 0; i < 1000; i++) send({ id: 100 + i, method: "requestSent", params: { call: id } });`);
    expect(ended).toMatchObject({ state: { refused: 900 } });
    expect(announced()).toBe(100);
  });

  test("as a plugin of docker-machine is heard no further either", async () => {
    const path = join(folder, "docker-machine-driver-odd");
    const flood = `for (let i = 0; i < 20000; i++) { process.stderr.write("x".repeat(1000) + "\\n"); console.log("line " + i); }`;
    await writeFile(path, `#!${process.execPath}\nconsole.log("127.0.0.1:1");\n${flood}\n`, { mode: 0o755 });
    const said: string[] = [];
    const began = performance.now();
    const log = (line: string) => void said.push(line);
    const plugin = await startPlugin(
      { name: "odd", path, env: process.env },
      { signal: AbortSignal.timeout(120_000), log },
    );
    await plugin.ended;
    bounded(said, performance.now() - began);
  });

  test("is heard again when it has been calm", () => {
    let now = 0;
    const gate = new LineGate(() => now);
    const told: string[] = [];
    const say = (count: number) => {
      told.length = 0;
      for (let i = 0; i < count; i++)
        gate.pass(
          `${i}`,
          (line) => told.push(line),
          () => told.push("flood"),
        );
      return told.length;
    };
    expect(say(5000)).toBe(2001);
    expect(told.at(-1)).toBe("flood");
    now += 1000;
    expect(say(100)).toBe(0);
    now += 10_000;
    expect(say(5000)).toBe(1101);
  });
});

describe("an answer", () => {
  test.each([
    ["too deep", `"[".repeat(200) + "]".repeat(200)`, "no line of JSON-RPC"],
    ["so deep that whatever recurses over it would fail", `"[".repeat(1e6) + "]".repeat(1e6)`, "no line of JSON-RPC"],
    ["of too many values", `"[" + "0,".repeat(5e5) + "0]"`, "no line of JSON-RPC"],
    ["of too many bytes", `JSON.stringify("x".repeat(6e6))`, "without an end"],
    ["that is a number", `5`, "answered read with something else"],
    ["without a state", `{}`, "answered read with something else"],
    ["with a state that is none", `JSON.stringify({ state: [1] })`, "answered read with something else"],
    ["with an address that is none", `JSON.stringify({ state: {}, endpoint: 5 })`, "answered read with something else"],
  ])("%s is refused", async (_what, result, words) => {
    const { ended } = await read(
      `process.stdout.write('{"id":' + id + ',"result":' + (${result === "{}" ? '"{}"' : result}) + '}\\n');`,
    );
    expect(ended).toMatchObject({ code: "plugin.protocol", message: expect.stringContaining(words) });
  });

  test.each([
    [`{"id":1,"error":{"message":{"toString":1},"data":null}}`, "plugin.refused"],
    [`{"id":1,"error":{"message":"x","data":{"code":{"toString":null},"hint":7}}}`, "plugin.refused"],
    [`{"method":"log","params":null}\\n{"id":1,"error":{}}`, "plugin.refused"],
    [`{"method":{"a":1},"params":7}\\n{"id":{"valueOf":1}}\\n{"id":1,"error":{}}`, "plugin.refused"],
  ])("%s brings nothing down", async (line, code) => {
    const { ended } = await read(`process.stdout.write(\`${line}\n\`.replaceAll('"id":1', '"id":' + id));`);
    expect(ended).toMatchObject({ code });
  });
});

describe("a driver that describes itself", () => {
  const option = (more: object) => ({
    ...about,
    options: { type: "object", properties: { name: { type: "string", description: "Name", ...more } } },
  });

  test("with a pattern that would take for ever is asked in no time", async () => {
    const { module } = await found("", option({ pattern: "^(a+)+$" }));
    const before = process.cpuUsage();
    expect(() => resolveOptions(module, { name: `${"a".repeat(50_000)}!` }, {})).toThrow(/must match/);
    expect(resolveOptions(module, { name: "aaa" }, {})).toEqual({ name: "aaa" });
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
  });

  test("with a pattern in a list's items, too", async () => {
    const { module } = await found("", option({ type: "array", items: { type: "string", pattern: "^(a|a)+$" } }));
    expect(() => resolveOptions(module, { name: [`${"a".repeat(5000)}!`] }, {})).toThrow(/each must match/);
  });

  test.each<[string, object]>([
    ["name.pattern", option({ pattern: "(?=a)b" })],
    ["name.pattern", option({ pattern: "(" })],
    ["name.pattern", option({ pattern: "((a{1,100}){1,100}){1,100}" })],
    ["name.type", option({ type: "object" })],
    ["name.description", option({ description: 7 })],
    ["name.default", option({ default: {} })],
    ["name.default", option({ type: "integer", default: "x" })],
    ["name.enum", option({ enum: [1] })],
    ["name.x-env", option({ "x-env": "A=B" })],
    ["name.x-flag", option({ "x-flag": "a b\u001b[2J" })],
    ["options.properties", { ...about, options: { type: "object", properties: { "a b": {} } } }],
    [
      "resourceTypes.odd.machine.consistencyWindowMs",
      { ...about, resourceTypes: { "odd.machine": { consistencyWindowMs: -1 } } },
    ],
    [
      "resourceTypes.odd.machine.callTimeoutMs",
      { ...about, resourceTypes: { "odd.machine": { callTimeoutMs: 1e300 } } },
    ],
    ["resourceTypes.odd.machine.pollIntervalMs", { ...about, resourceTypes: { "odd.machine": { pollIntervalMs: 0 } } }],
    [
      "resourceTypes.odd.machine.requiresReplace",
      { ...about, resourceTypes: { "odd.machine": { requiresReplace: "all" } } },
    ],
    ["credentials.token.env", { ...about, credentials: { token: { description: "x" } } }],
    ["power", { ...about, power: ["explode"] }],
  ])("in an impossible way is told where: %s", async (place, said) => {
    await expect(found("", said)).rejects.toMatchObject({
      code: "plugin.protocol",
      message: expect.stringContaining(place),
    });
  });

  test("brings nothing of its own into our objects", async () => {
    const { module, driver } = await found("", {
      ...about,
      create: "x",
      resourceTypes: {
        "odd.machine": { consistencyWindowMs: 5, read: "x", delete: "y", previewUpdate: 1, machineProps: ["all"] },
      },
    });
    expect(driver.resourceTypes["odd.machine"]).toMatchObject({ consistencyWindowMs: 5, read: expect.any(Function) });
    expect(driver.resourceTypes["odd.machine"]).not.toHaveProperty("previewUpdate");
    expect(driver.resourceTypes["odd.machine"]).not.toHaveProperty("machineProps");
    expect(module.create).toBeInstanceOf(Function);
  });
});
