import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { credentials, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { MachinistError } from "@machinist/core";
import {
  fleetingService,
  hclog,
  type InstanceGroup,
  type PluginHost,
  pluginHost,
  type ServedPlugin,
  serveGoPlugin,
} from "@machinist/gitlab-fleeting";
import { afterEach, expect, test } from "vitest";
import { ownCertificate } from "../src/wire/certificate.ts";
import { serviceOf } from "../src/wire/services.ts";

const served: ServedPlugin[] = [];
afterEach(() => Promise.all(served.splice(0).map((each) => each.close())));

const said: string[] = [];
const log = hclog(
  "test",
  (line) => said.push(line),
  () => 0,
);

/** A group that remembers what it was asked. */
const calls: unknown[] = [];
const group: InstanceGroup = {
  init: async (config, connector) => {
    calls.push([config, connector]);
    return { id: "machinist/x/ci", maxSize: 7, version: "1", buildInfo: "b", capabilities: ["suspend_resume"] };
  },
  update: async () =>
    new Map([
      ["ci-1", "running"],
      ["ci-2", "creating"],
    ]),
  increase: async (count) => ({
    done: count - 1,
    problem: new MachinistError("x.y", "One is too many", { hint: "Ask less" }),
  }),
  decrease: async (instances) => ({ done: instances }),
  connectInfo: async (id) => ({
    ...{ os: "linux", arch: "amd64", protocol: "ssh", protocolPort: 22, username: "root", password: "", key: "KEY" },
    ...{ useStaticCredentials: false, keepalive: 3e10, timeout: 6e11, id, expires: 0 },
    ...{ externalAddress: "192.0.2.1", internalAddress: "10.0.0.1" },
  }),
  heartbeat: async () => {
    throw new MachinistError("x.z", "It is ill", { hint: "Remove it" });
  },
  suspend: async () => ({ done: [] }),
  resume: async () => ({ done: [] }),
  shutdown: async () => void calls.push("shutdown"),
};

async function serve(host: Partial<PluginHost> = {}): Promise<ServedPlugin> {
  const plugin = await serveGoPlugin({ version: 1, saysMultiplexing: false, ...host }, [fleetingService(group, log)]);
  served.push(plugin);
  return plugin;
}

/** Call a method of a service at the place that a plugin's line tells. */
function ask(line: string, service: string, method: string, request: object, tls = credentials.createInsecure()) {
  const [, , network, address] = line.split("|");
  const Client = makeGenericClientConstructor(serviceOf(service), service);
  const client = new Client(network === "unix" ? `unix:${address}` : address!, tls, {
    "grpc.ssl_target_name_override": "localhost",
  });
  type Ask = (request: object, options: object, done: (error: ServiceError | null, reply: object) => void) => void;
  return new Promise<Record<string, unknown>>((resolve, reject) =>
    (client[method] as Ask).call(client, request, { deadline: Date.now() + 60_000 }, (error, reply) =>
      error ? reject(error) : resolve(reply as Record<string, unknown>),
    ),
  ).finally(() => client.close());
}

const fleeting = "fleeting.InstanceGroup";

test("a host is known by the versions that it offers, whatever its cookie is", () => {
  expect(pluginHost({ PLUGIN_PROTOCOL_VERSIONS: "0,3,2" })).toEqual({ version: 3, saysMultiplexing: false });
  const all = { PLUGIN_CLIENT_CERT: "PEM", PLUGIN_UNIX_SOCKET_DIR: "/run/x", PLUGIN_MULTIPLEX_GRPC: "true" };
  expect(pluginHost({ PLUGIN_PROTOCOL_VERSIONS: "0", ...all })).toEqual({
    ...{ version: 0, saysMultiplexing: true, clientCertificate: "PEM", socketFolder: "/run/x" },
  });
  for (const wrong of [{}, { PLUGIN_PROTOCOL_VERSIONS: "" }, { PLUGIN_PROTOCOL_VERSIONS: "new" }])
    expect(() => pluginHost(wrong)).toThrow(expect.objectContaining({ code: "fleeting.no-host" }));
});

test("its line tells where it is, on a socket for this user alone that goes with it", async () => {
  const plugin = await serve();
  const fields = plugin.line.split("|");
  expect(fields).toEqual(["1", "1", "unix", expect.stringMatching(/^\//), "grpc", ""]);
  expect(statSync(dirname(fields[3]!)).mode & 0o777).toBe(0o700);
  expect((await serve({ saysMultiplexing: true })).line.split("|").slice(4)).toEqual(["grpc", "", "false"]);
  await plugin.close();
  expect(existsSync(fields[3]!)).toBe(false);
});

test("where the folder for temporary files has too long a name for a socket, it is in a shorter one", async () => {
  const before = process.env.TMPDIR;
  const long = mkdtempSync(join(tmpdir(), `machinist-${"x".repeat(90)}-`));
  process.env.TMPDIR = long;
  try {
    const { line } = await serve();
    expect(line.split("|")[3]).toMatch(/^\/tmp\/fleeting-/);
    expect(await ask(line, "grpc.health.v1.Health", "Check", { service: "plugin" })).toEqual({ status: "SERVING" });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(long, { recursive: true });
  }
});

test("each call arrives, and its answer", async () => {
  const { line } = await serve();
  calls.length = 0;
  const connector = { protocol: "ssh", username: "ci", key: Buffer.from("THEIRS"), timeout: 6e11 };
  const config = Buffer.from(JSON.stringify({ name: "ci" }));
  expect(await ask(line, fleeting, "Init", { config, connector_config: connector })).toEqual({
    ...{ id: "machinist/x/ci", max_size: 7, version: "1", build_info: "b", capabilities: ["suspend_resume"] },
  });
  expect(calls).toEqual([
    [
      { name: "ci" },
      expect.objectContaining({ protocol: "ssh", username: "ci", key: "THEIRS", timeout: 6e11, os: "" }),
    ],
  ]);
  expect(await ask(line, fleeting, "Update", {})).toEqual({
    instances: [
      { id: "ci-1", state: "running" },
      { id: "ci-2", state: "creating" },
    ],
  });
  expect(await ask(line, fleeting, "Increase", { delta: 3 })).toEqual({
    succeeded: 2,
    error: "One is too many. Ask less",
  });
  expect(await ask(line, fleeting, "Decrease", { instances: ["a"] })).toEqual({ succeeded: ["a"], error: "" });
  expect(await ask(line, fleeting, "ConnectInfo", { instance: "ci-1" })).toMatchObject({
    ...{ id: "ci-1", external_addr: "192.0.2.1", internal_addr: "10.0.0.1", expires: "1970-01-01T00:00:00.000Z" },
    connector_config: { username: "root", key: Buffer.from("KEY"), protocol_port: 22, keepalive: 3e10 },
  });
  await ask(line, fleeting, "Shutdown", {});
  expect(calls.at(-1)).toBe("shutdown");
});

test("a failure is a sentence with what to do, for the caller and in the log", async () => {
  const { line } = await serve();
  said.length = 0;
  await expect(ask(line, fleeting, "Heartbeat", { instance: "ci-1" })).rejects.toMatchObject({
    details: "It is ill. Remove it",
  });
  expect(JSON.parse(said[0]!)).toEqual({
    ...{ "@level": "error", "@message": "Heartbeat: It is ill", "@module": "test" },
    ...{ "@timestamp": "1970-01-01T00:00:00.000000Z", code: "x.z", hint: "Remove it" },
  });
  await expect(ask(line, fleeting, "Init", { config: Buffer.from("{") })).rejects.toMatchObject({
    details: expect.stringContaining("something else than JSON"),
  });
});

test("with a certificate of the host's, nobody else is let in", async () => {
  const [host, stranger] = [ownCertificate(), ownCertificate()];
  const { line } = await serve({ clientCertificate: host.pem });
  const own = Buffer.from(line.split("|")[5]!, "base64");
  expect(new X509Certificate(own)).toMatchObject({ ca: true, subjectAltName: "DNS:localhost" });
  const root = Buffer.from(new X509Certificate(own).toString());
  const as = ({ key, pem }: typeof host) => credentials.createSsl(root, Buffer.from(key), Buffer.from(pem));
  const health = (tls?: ReturnType<typeof as>) =>
    ask(line, "grpc.health.v1.Health", "Check", { service: "plugin" }, tls);
  expect(await health(as(host))).toEqual({ status: "SERVING" });
  await expect(health(as(stranger))).rejects.toMatchObject({ code: 14 });
  await expect(health(credentials.createSsl(root))).rejects.toMatchObject({ code: 14 });
  await expect(health()).rejects.toMatchObject({ code: 14 });
});

test("it ends when its host says so, and is well until then", async () => {
  const plugin = await serve();
  await expect(ask(plugin.line, "grpc.health.v1.Health", "Check", { service: "other" })).rejects.toMatchObject({
    code: 5,
  });
  await ask(plugin.line, "plugin.GRPCController", "Shutdown", {});
  await plugin.ended;
});

test("its own certificate is one that OpenSSL verifies", async () => {
  const { pem, der } = ownCertificate("localhost", Date.UTC(2049, 0, 1));
  const read = new X509Certificate(pem);
  expect([read.verify(read.publicKey), read.checkHost("localhost"), read.raw.equals(der)]).toEqual([
    true,
    "localhost",
    true,
  ]);
  expect(read.checkIssued(read)).toBe(true);
  expect(new Date(read.validTo).getUTCFullYear()).toBe(2076);
});
