import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { DriverModule } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { anything, Boxed, bytes, dialRpc, type GobValue, int, map, RpcClient, string, struct } from "@machinist/go-rpc";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compiled, goMissing, goName } from "../../../test/go/program.ts";
import { testUnless } from "../../../test/skipped.ts";
import { servePlugin } from "../src/serve.ts";

let top: string;
const lines: string[] = [];
const clients: RpcClient[] = [];
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "machinist-served-"));
  lines.length = 0;
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  rmSync(top, { recursive: true, force: true });
});

/** A driver with a secret, and an option that is on unless somebody says otherwise. */
const module: DriverModule = {
  ...simulated,
  options: {
    ...simulated.options,
    properties: {
      ...simulated.options.properties,
      shiny: { type: "boolean", description: "Whether it shines", default: true },
      labels: { type: "array", items: { type: "string" }, description: "Words on it", default: [] },
    },
  },
  credentials: { token: { description: "Who may", env: "SIMULATED_TOKEN" } },
};

const served = (more = {}) =>
  servePlugin({
    name: "machinist-simulated",
    module,
    env: { ...process.env },
    log: (line) => lines.push(line),
    ...more,
  });
const objects = () => {
  try {
    return readdirSync(join(top, "machinist", "cache", "simulated"));
  } catch {
    return [];
  }
};

/** However long they were to boot: what was made is up now. */
const endBoot = () => {
  for (const path of objects().map((name) => join(top, "machinist", "cache", "simulated", name)))
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), born: 0 }));
};

async function connected(port: number) {
  const client = new RpcClient(await dialRpc({ port, signal: AbortSignal.timeout(60_000) }));
  clients.push(client);
  const ask = (method: string, ...argument: [] | [GobValue, Parameters<RpcClient["call"]>[1]]) =>
    client.call(`RPCServerDriver.${method}`, argument[1], argument[0]);
  const flags = struct("RPCFlags", { Values: map(string, anything) });
  const configure = async (given: Record<string, string | number> = {}) => {
    await ask("SetConfigRaw", Buffer.from(JSON.stringify({ MachineName: "web", StorePath: top })), bytes);
    const values = new Map<GobValue, GobValue>(
      Object.entries(given).map(([name, value]) => [
        name,
        typeof value === "number" ? new Boxed("int", int, value) : new Boxed("string", string, value),
      ]),
    );
    await ask("SetConfigFromFlags", new Boxed("*rpcdriver.RPCFlags", flags, { Values: values }), anything);
  };
  return { ask, configure };
}

testUnless(goMissing, `docker-machine's own protocol, spoken by ${goName}`, async () => {
  const client = await compiled(fileURLToPath(new URL("client.go", import.meta.url)));
  const { port, ended } = await served();
  const flags = ["simulated-boot-ms=20", "simulated-size=big", "simulated-token=sesame", "simulated-shiny=false"];
  const { stdout } = await promisify(execFile)(client, [String(port), top, "web", ...flags]);
  const seen = JSON.parse(stdout);
  expect(seen).toMatchObject({
    ...{ version: 1, SetConfigRaw: "", GetCreateFlags: "", SetConfigFromFlags: "", PreCreateCheck: "", Create: "" },
    ...{ DriverName: "machinist-simulated", GetMachineName: "web", before: 0, unreachable: "Host is not running" },
    ...{ Stop: "", Start: "", Restart: "", Kill: "", Remove: "", again: "", GetSSHPort: 22 },
    unknown: "rpc: can't find method RPCServerDriver.Frobnicate",
    states: [1, 4, 1, 1, 4, 0],
  });
  expect(seen.flags).toEqual([
    ...["int simulated-boot-ms", "string simulated-size", "string simulated-image", "bool simulated-network"],
    ...["bool simulated-fail", "string simulated-shiny", "slice simulated-labels", "string simulated-token"],
  ]);
  expect(JSON.parse(seen.config)).toMatchObject({
    MachineName: "web",
    Options: { "boot-ms": 20, size: "big", shiny: "false" },
  });
  expect(seen.config).not.toContain("sesame");
  await ended;
  expect(objects()).toEqual([]);
  const store = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of store)
    expect(readFileSync(join(parentPath, name), "latin1"), name).not.toMatch(/"?sesame"?/);
});

test("wrong options and a create that fails are told in one sentence, and Remove leaves nothing", async () => {
  const { port } = await served();
  const { ask, configure } = await connected(port);
  await expect(configure({ "simulated-shiny": "maybe" })).rejects.toThrow(/shiny/);
  await configure({ "simulated-fail": "true" });
  await expect(ask("Create")).rejects.toThrow("The simulated provider refused to make the machine");
  await ask("Remove");
  expect(await ask("GetState")).toBe(0);
  expect(objects()).toEqual([]);
  await ask("Close");
});

test("before it is told of a machine, it says so; rubbish is refused", async () => {
  const { port } = await served();
  const { ask } = await connected(port);
  await expect(ask("Create")).rejects.toThrow("docker-machine has not said which machine this is about");
  await expect(ask("SetConfigRaw", Buffer.from("{"), bytes)).rejects.toThrow(/JSON/);
  await expect(ask("SetConfigFromFlags", "x", string)).rejects.toThrow("These are no flags of docker-machine's");
  await ask("Close");
});

test("a create whose caller is gone stops, and the next one goes on with the same machine", async () => {
  const first = await served({ heartbeatMs: 3000 });
  const one = await connected(first.port);
  await one.configure({ "simulated-boot-ms": 3_600_000 });
  const making = one.ask("Create").catch((thrown: Error) => thrown);
  await first.ended;
  await making;
  expect(objects().length).toBeGreaterThan(0);
  const before = objects();

  const second = await served();
  const two = await connected(second.port);
  await two.configure({ "simulated-boot-ms": 3_600_000 });
  endBoot();
  await two.ask("Create");
  expect(await two.ask("GetState")).toBe(1);
  expect(objects()).toEqual(before);
  await two.ask("Remove");
  expect(objects()).toEqual([]);
  await two.ask("Close");
});
