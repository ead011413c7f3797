import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hostProof, hostProofPath } from "@machinist/core";
import type { ServerChannel } from "ssh2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeKeyPair } from "../src/index.ts";
import { hostKey, type TestServer } from "./support/server.ts";
import { failureOf, makeWorld, toldLate, type World } from "./support/world.ts";

const READ = `'cat' '${hostProofPath}'`;

let world: World;
let secret: string;
let bootSecret: string;
beforeEach(async () => {
  world = await makeWorld();
  secret = randomBytes(32).toString("hex");
  bootSecret = join(world.dir, "a", "boot-secret");
  await put(bootSecret, `${secret}\n`);
});
afterEach(() => world.end());

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function answer(channel: ServerChannel, text: string | undefined): void {
  if (text === undefined) channel.stderr.write("cat: no such file\n");
  else channel.write(text);
  channel.exit(text === undefined ? 1 : 0);
  channel.end();
}

/** A host whose proof is what `proof` says of its key; every other program prints "ran". */
async function host(proof: (key: string) => string | undefined, port?: number): Promise<TestServer> {
  const keys = [await hostKey()];
  return world.serve({
    hostKeys: keys,
    ...(port === undefined ? {} : { port }),
    onExec: (command, channel) => answer(channel, command === READ ? proof(keys[0]!.public) : "ran"),
  });
}
const honest = (key: string) => `${hostProof(secret, key)}\n`;
const key = (server: TestServer) => server.hostKeys[0]!.split(" ").slice(0, 2).join(" ");
const pins = () => readFile(world.knownHosts("a"), "utf8").catch(() => "");

describe("a host that proves its key", () => {
  test("is believed: pinned, the secret gone, and nothing but the proof was asked for before", async () => {
    const server = await host(honest);
    const connected = await world.pool({ port: server.port, bootSecret }).connect("a");
    expect(server.commands).toEqual([READ]);
    expect((await connected.run(["true"])).stdout).toBe("ran");
    expect(await pins()).toBe(`[127.0.0.1]:${server.port} ${key(server)}\nproved-host.invalid ${key(server)}\n`);
    expect((await stat(world.knownHosts("a"))).mode & 0o777).toBe(0o600);
    expect(existsSync(bootSecret)).toBe(false);
    expect(world.logged).toEqual([]);
  });

  test("is not asked again, and another one in its place is refused", async () => {
    const server = await host(honest);
    await world.pool({ port: server.port, bootSecret }).connect("a");
    await world.pool({ port: server.port, bootSecret }).connect("a");
    expect(server.commands).toEqual([READ]);
    await server.stop();
    const other = await host(honest, server.port);
    const failure = await failureOf(world.pool({ port: server.port, bootSecret }).connect("a"));
    expect(failure.code).toBe("ssh.host-key-changed");
    expect(other.commands).toEqual([]);
  });

  test("shows its ed25519 key, whatever else it has", async () => {
    const keys = [await hostKey("ecdsa"), await hostKey()];
    const onExec = (_: string, channel: ServerChannel) => answer(channel, honest(keys[1]!.public));
    const server = await world.serve({ hostKeys: keys, onExec });
    await world.pool({ port: server.port, bootSecret }).connect("a");
    expect(await pins()).toContain(keys[1]!.public.split(" ")[1]);
  });

  test("is waited for while cloud-init is at work, and while it lets nobody in yet", async () => {
    let tries = 0;
    const server = await host((own) => (++tries < 3 ? undefined : honest(own)));
    await world.pool({ port: server.port, bootSecret }).connect("a");
    expect(server.commands).toEqual([READ, READ, READ]);
    const stranger = await world.serve({ authorized: [] });
    await put(bootSecret, secret);
    const failure = await toldLate(
      world.pool({ port: stranger.port, bootSecret }),
      () => stranger.connections > 1 && world.logged.some((line) => line.includes("accepts none")),
    );
    expect(failure).toMatchObject({ code: "ssh.unreachable", message: expect.stringContaining("accepts none") });
    expect(stranger.connections).toBeGreaterThan(1);
  });

  test("is known at another address too, once it has proved itself", async () => {
    const keys = [await hostKey()];
    const onExec = (_: string, channel: ServerChannel) => answer(channel, honest(keys[0]!.public));
    const before = await world.serve({ hostKeys: keys, onExec });
    await world.pool({ port: before.port, bootSecret }).connect("a");
    const after = await world.serve({ hostKeys: keys });
    await world.pool({ port: after.port, bootSecret }).connect("a");
    expect(await pins()).toContain(`[127.0.0.1]:${after.port} ${key(after)}`);
    const stranger = await host(honest);
    const failure = await failureOf(world.pool({ port: stranger.port, bootSecret }).connect("a"));
    expect(failure.code).toBe("ssh.host-key-changed");
  });
});

test("a host without an ed25519 key proves the one that it has, among others", async () => {
  const keys = [await hostKey("ecdsa")];
  const proofs = `${hostProof(secret, (await hostKey()).public)}\n${hostProof(secret, keys[0]!.public)}\n`;
  const server = await world.serve({ hostKeys: keys, onExec: (_, channel) => answer(channel, proofs) });
  await world.pool({ port: server.port, bootSecret }).connect("a");
  expect(await pins()).toContain(key(server));
  expect(existsSync(bootSecret)).toBe(false);
});

describe("a host that cannot", () => {
  const liars: [string, () => Promise<string>][] = [
    ["with a proof made without the secret", async () => randomBytes(32).toString("hex")],
    ["that relays the proof of the real host", async () => honest((await hostKey()).public)],
  ];
  test.each(liars)("%s is refused at once; nothing is pinned or run, the secret stays", async (_what, proof) => {
    const text = await proof();
    const server = await host(() => text);
    const failure = await failureOf(world.pool({ port: server.port, bootSecret }).connect("a"));
    expect(failure).toMatchObject({ code: "ssh.host-proof", retryable: false });
    expect(failure.hint).toContain("nothing was done there");
    expect(server.commands).toEqual([READ]);
    expect(server.connections).toBe(1);
    expect(await pins()).toBe("");
    expect(existsSync(bootSecret)).toBe(true);
    expect(JSON.stringify([failure, failure.message, world.logged])).not.toContain(secret);
  });

  test("is waited for as long as one may wait, and then told", async () => {
    const server = await host(() => undefined);
    const failure = await toldLate(world.pool({ port: server.port, bootSecret }), () => world.logged.length > 0);
    expect(failure).toMatchObject({
      code: "ssh.unreachable",
      message: expect.stringContaining("has not proved its key"),
    });
    expect(new Set(server.commands)).toEqual(new Set([READ]));
    expect(existsSync(bootSecret)).toBe(true);
  });

  test("may talk as long as it likes: it is cut off", async () => {
    const server = await host(() => "x".repeat(100_000));
    const failure = await toldLate(world.pool({ port: server.port, bootSecret }), () => world.logged.length > 0);
    expect(failure.message).toContain("talks too much");
  });

  test("says whom it lets in instead: that is passed on at once", async () => {
    const server = await world.serve({
      starts: false,
      // And it says nothing more for as long as one waits.
      onExec: (_command, channel) =>
        channel.write('Please login as the user "ubuntu" rather than the user "root".\n\n'),
    });
    const failure = await failureOf(world.pool({ port: server.port, bootSecret }).connect("a"));
    expect(failure).toMatchObject({ code: "ssh.auth", hint: expect.stringContaining("ubuntu") });
  });
});

describe("what was known before", () => {
  test("of an address that was another's does not stand in the way, in either file", async () => {
    const server = await host(honest);
    const stale = (await makeKeyPair("")).publicKey;
    await put(join(world.dir, ".ssh/known_hosts"), `[127.0.0.1]:${server.port} ${stale}\n`);
    await put(
      world.knownHosts("a"),
      `[127.0.0.1]:${server.port} ${stale}\nproved-host.invalid ${stale}\nother ${stale}\n`,
    );
    await world.pool({ port: server.port, bootSecret }).connect("a");
    await world.pool({ port: server.port, bootSecret }).connect("a");
    expect(await pins()).not.toContain(stale.split(" ")[1]);
  });

  test("is asked for again where the process was killed between pin and removal", async () => {
    const server = await host(honest);
    await put(world.knownHosts("a"), `[127.0.0.1]:${server.port} ${key(server)}\nproved-host.invalid ${key(server)}\n`);
    await world.pool({ port: server.port, bootSecret }).connect("a");
    expect(server.commands).toEqual([READ]);
    expect(existsSync(bootSecret)).toBe(false);
    expect((await pins()).trim().split("\n")).toHaveLength(2);
  });

  test("to be revoked stays refused", async () => {
    const server = await host(honest);
    await put(join(world.dir, ".ssh/known_hosts"), `@revoked * ${key(server)}\n`);
    const failure = await failureOf(world.pool({ port: server.port, bootSecret }).connect("a"));
    expect(failure.code).toBe("ssh.host-key-revoked");
    expect(server.commands).toEqual([]);
  });

  test("by the provider needs no proof", async () => {
    const server = await host(() => undefined);
    await world.pool({ port: server.port, bootSecret, hostKeys: server.hostKeys }).connect("a");
    expect(server.commands).toEqual([]);
  });
});

describe("the secret's file", () => {
  test("that is not there means: as for any other host", async () => {
    const server = await host(honest);
    const failure = await failureOf(world.pool({ port: server.port, bootSecret: `${bootSecret}.none` }).connect("a"));
    expect(failure.code).toBe("ssh.host-key-unknown");
    expect(server.commands).toEqual([]);
  });

  test("that is damaged is an error which does not repeat it", async () => {
    const server = await host(honest);
    await put(bootSecret, secret.slice(1));
    const failure = await failureOf(world.pool({ port: server.port, bootSecret }).connect("a"));
    expect(failure.code).toBe("ssh.boot-secret");
    expect(failure.message).not.toContain(secret.slice(1));
    expect(server.connections).toBe(0);
  });
});
