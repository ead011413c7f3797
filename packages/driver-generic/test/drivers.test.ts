import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call, Data, DriverContext } from "@machinist/core";
import { type StubSshServer, startStubSshServer } from "@machinist/lab";
import { makeKeyPair, writeIdentity } from "@machinist/ssh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import byDefault, { drivers, generic, none } from "../src/index.ts";

let folder: string;
const context: DriverContext = { cacheDir: "/nowhere", machineDir: () => folder, env: {} };
const box = generic.create(context);
const url = none.create(context);
const machine = { name: "m-1", fleet: "f", publicKey: "ssh-ed25519 AAAA" };
const signal = new AbortController().signal;
const kind = box.resourceTypes["generic.host"]!;

const call = (props: Data): Call => ({
  id: "m-1/host",
  fleet: "f",
  props,
  owner: "o-1",
  dependencies: {},
  signal,
  log: () => {},
  step: () => {},
  progress: () => {},
});

let server: StubSshServer;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-generic-"));
  await writeIdentity(folder);
  server = await startStubSshServer();
  port = server.port;
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

describe("generic", () => {
  it("plans one host and leaves out what was not given", async () => {
    const options = { "ip-address": "192.0.2.7", "ssh-port": 22, "ssh-user": "root", "trust-on-first-use": false };
    expect(await box.plan(machine, options)).toEqual([
      { id: "m-1/host", kind: "generic.host", parents: [], props: { host: "192.0.2.7", port: 22, user: "root" } },
    ]);
  });

  it("reaches it as the options said", async () => {
    const fingerprint = `SHA256:${"a".repeat(43)}`;
    const [resource] = await box.plan(machine, {
      "ip-address": "[2001:db8::7]",
      "ssh-port": 2222,
      "ssh-user": "admin",
      "ssh-key": "/keys/id",
      "host-key": fingerprint,
      "trust-on-first-use": true,
      jump: ["gate"],
    });
    expect(box.endpoint?.("m-1", { "m-1/host": resource!.props })).toEqual({
      host: "2001:db8::7",
      port: 2222,
      user: "admin",
      keyPath: "/keys/id",
      fingerprint,
      trustOnFirstUse: true,
      jump: ["gate"],
    });
    expect(box.endpoint?.("m-1", {})).toBeUndefined();
  });

  const there = (more: Data = {}) => ({ host: "127.0.0.1", port, user: "root", trustOnFirstUse: true, ...more });

  it("takes on a host that lets us in, and pins its key", async () => {
    expect(await kind.create(call(there()))).toEqual(there());
    expect(await readFile(join(folder, "known_hosts"), "utf8")).toContain(server.hostKey);
    expect(await kind.create(call(there({ trustOnFirstUse: false })))).toMatchObject({ host: "127.0.0.1" });
  });

  it("refuses one where nobody answers, or answers as another", async () => {
    const lost = kind.create(call(there({ port: 1 })));
    await expect(lost).rejects.toMatchObject({
      code: "generic.unreachable",
      hint: expect.stringContaining("--generic-"),
    });
    const fingerprint = `SHA256:${"a".repeat(43)}`;
    await rm(join(folder, "known_hosts"));
    const other = kind.create(call(there({ fingerprint })));
    await expect(other).rejects.toMatchObject({ code: "ssh.host-key-changed" });
  });

  it("logs in again where the way to it changes", async () => {
    const state = there({ port: 1 });
    expect(await kind.update?.({ ...call(there()), state, changed: ["port"] })).toEqual(there());
    const lost = kind.update?.({ ...call(state), state: there(), changed: ["port"] });
    await expect(lost).rejects.toMatchObject({ code: "generic.unreachable" });
  });

  it("knows it by its record, lets go of it without touching it", async () => {
    const state = { host: "192.0.2.1", port: 22, user: "root" };
    expect(await kind.read({ ...call(state), state })).toEqual(state);
    expect(await kind.read({ ...call(state), state: undefined })).toBeUndefined();
    await kind.delete({ ...call(state), state });
    expect(kind.retainOnDelete).toBe(true);
    expect(Object.keys(box.power ?? {})).toEqual(["restart"]);
  });

  it.each(["192.0.2.7", "box.lan", "box", "::1", "[2001:db8::1]", "a_b.example."])("accepts %s", async (host) => {
    await box.check?.(machine, { "ip-address": host }, signal);
  });

  it.each([
    ["ssh://box", "it is a URL"],
    ["root@box", "it names a user"],
    ["box:22", "it names a port"],
    ["-oProxyCommand=x", "neither an address nor a host name"],
    ["a b", "neither an address nor a host name"],
    ["", "neither an address nor a host name"],
    ["192.0.2", "no whole IPv4 address"],
    ["300.1.1.1", "no whole IPv4 address"],
  ])("refuses %j: %s", async (host, words) => {
    const checked = box.check?.(machine, { "ip-address": host }, signal);
    await expect(checked).rejects.toMatchObject({ code: "options.invalid", message: expect.stringContaining(words) });
  });

  it("looks at the key file first", async () => {
    const key = join(folder, "id");
    const check = () => box.check?.(machine, { "ip-address": "192.0.2.7", "ssh-key": key }, signal);
    await expect(check()).rejects.toMatchObject({ code: "driver.ssh-key", message: /there is no such file$/ });
    await writeFile(key, "-----BEGIN OPENSSH PRIVATE KEY-----\n", { mode: 0o600 });
    await expect(check()).rejects.toMatchObject({ code: "ssh.key-invalid" });
    await writeFile(key, (await makeKeyPair("")).privateKey);
    await check();
    await chmod(key, 0o640);
    await expect(check()).rejects.toMatchObject({ message: /other users may read it$/, hint: /chmod 600/ });
    await chmod(key, 0o600);
    await writeFile(key, "ssh-ed25519 AAAA me\n");
    await expect(check()).rejects.toMatchObject({ message: /it is a public key$/ });
    await writeFile(key, "");
    await expect(check()).rejects.toMatchObject({ message: /it holds no private key$/ });
    const wrong = box.check?.(machine, { "ip-address": "192.0.2.7", "ssh-key": folder }, signal);
    await expect(wrong).rejects.toMatchObject({ message: /it is not a file$/ });
  });
});

describe("none", () => {
  it("keeps the engine's URL and nothing else", async () => {
    const resources = await url.plan(machine, { url: "tcp://192.0.2.7:2375/" });
    expect(resources.map((resource) => resource.props)).toEqual([{ url: "tcp://192.0.2.7:2375" }]);
    const states = { "m-1/engine-url": resources[0]!.props };
    expect(url.engineUrl?.("m-1", states)).toBe("tcp://192.0.2.7:2375");
    expect(url.engineUrl?.("m-1", {})).toBeUndefined();
    expect(url.endpoint).toBeUndefined();
    expect(await url.status?.({ machine: "m-1", states, signal, log: () => {} })).toBe("running");
  });

  it.each(["tcp://192.0.2.7", "tcp://me@box:2376", "tcp://box:70000", "http://box:1", "tcp://box:1/v1", "tcp://:1"])(
    "refuses %s",
    async (given) => {
      const checked = url.check?.(machine, { url: given }, signal);
      await expect(checked).rejects.toMatchObject({ code: "options.invalid", hint: /tcp:\/\/192/ });
    },
  );

  it("accepts names and both sorts of addresses", async () => {
    for (const given of ["tcp://box:2376", "tcp://[::1]:2375", "tcp://10.0.0.1:2376/"])
      await url.check?.(machine, { url: given }, signal);
  });
});

it("exports both drivers, generic by default", () => {
  expect(byDefault).toBe(generic);
  expect(drivers.map((driver) => driver.name)).toEqual(["generic", "none"]);
  for (const driver of drivers)
    for (const option of Object.values(driver.options.properties))
      if (option.pattern !== undefined) expect(() => new RegExp(option.pattern!, "u")).not.toThrow();
});
