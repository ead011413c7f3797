import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fingerprint, makeKeyPair } from "../src/index.ts";
import { readKnownKeys } from "../src/known-hosts.ts";
import { hostKey } from "./support/server.ts";
import { failureOf, makeWorld, type World } from "./support/world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.end());

const otherKey = async () => (await makeKeyPair("")).publicKey;

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

describe("keys known beforehand", () => {
  test("are pinned, privately, before the first connection", async () => {
    const server = await world.serve();
    await world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a");
    const file = world.knownHosts("a");
    expect(await readFile(file, "utf8")).toBe(`[127.0.0.1]:${server.port} ${server.hostKeys[0]}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(world.logged).toEqual([]);
  });

  test("are believed alone, whatever else is known or allowed", async () => {
    const server = await world.serve();
    await put(join(world.dir, ".ssh/known_hosts"), `[127.0.0.1]:${server.port} ${server.hostKeys[0]}\n`);
    const wanted = await otherKey();
    const pool = world.pool({ port: server.port, hostKeys: [wanted], trustOnFirstUse: true });
    const failure = await failureOf(pool.connect("a"));
    expect(failure.code).toBe("ssh.host-key-changed");
    expect(failure.message).toContain(fingerprint(wanted));
    expect(failure.message).toContain(fingerprint(server.hostKeys[0]!));
    expect(failure.message).toContain(`${world.knownHosts("a")}, line 1`);
    expect(server.connections).toBe(1);
  });

  test("replace what was pinned for an earlier machine at this address", async () => {
    const server = await world.serve();
    await put(world.knownHosts("a"), `[127.0.0.1]:${server.port} ${await otherKey()}\nelsewhere ${await otherKey()}\n`);
    await world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a");
    const lines = (await readFile(world.knownHosts("a"), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^elsewhere /);
  });

  test("that are no keys are refused before anything is sent", async () => {
    const server = await world.serve();
    const failure = await failureOf(world.pool({ port: server.port, hostKeys: ["ssh-ed25519 nonsense"] }).connect("a"));
    expect(failure.code).toBe("ssh.key-invalid");
    expect(server.connections).toBe(0);
  });
});

describe("the machine's own list", () => {
  test("comes before the user's", async () => {
    const server = await world.serve();
    await put(world.knownHosts("a"), `[127.0.0.1]:${server.port} ${await otherKey()}\n`);
    await put(join(world.dir, ".ssh/known_hosts"), `[127.0.0.1]:${server.port} ${server.hostKeys[0]}\n`);
    const failure = await failureOf(world.pool({ port: server.port, trustOnFirstUse: true }).connect("a"));
    expect(failure.code).toBe("ssh.host-key-changed");
    expect(failure.hint).toContain(`ssh-keygen -R '[127.0.0.1]:${server.port}'`);
  });

  test("that cannot be read is an error, not an empty list", async () => {
    const server = await world.serve();
    await mkdir(world.knownHosts("a"), { recursive: true });
    const failure = await failureOf(world.pool({ port: server.port, trustOnFirstUse: true }).connect("a"));
    expect(failure.code).toBe("ssh.known-hosts");
  });
});

describe("the user's list", () => {
  const names: [string, (port: number) => string][] = [
    ["plain", (port) => `other,[127.0.0.1]:${port}`],
    ["hashed", (port) => hashed(`[127.0.0.1]:${port}`)],
    ["wildcard", (port) => `[127.0.0.?]:${port}`],
    ["star", () => "[127.*"],
  ];
  test.each(names)("%s names", async (_form, name) => {
    const server = await world.serve();
    const text = `# a comment\n\n${name(server.port)} ${server.hostKeys[0]} words\n`;
    await put(join(world.dir, ".ssh/known_hosts"), text);
    await world.pool({ port: server.port }).connect("a");
  });

  const strangers: [string, (port: number) => string][] = [
    ["another port", (port) => `[127.0.0.1]:${port + 1}`],
    ["no port", () => "127.0.0.1"],
    ["a hash of another name", (port) => hashed(`[127.0.0.2]:${port}`)],
    ["an exception", (port) => `[127.*,![127.0.0.1]:${port}`],
    ["a certificate authority", (port) => `@cert-authority [127.0.0.1]:${port}`],
  ];
  test.each(strangers)("says nothing by %s", async (_form, name) => {
    const server = await world.serve();
    await put(join(world.dir, ".ssh/known_hosts"), `${name(server.port)} ${server.hostKeys[0]}\n`);
    expect((await failureOf(world.pool({ port: server.port }).connect("a"))).code).toBe("ssh.host-key-unknown");
  });

  test("a line made to be matched for ever is not", async () => {
    const { public: line } = await hostKey();
    await put(join(world.dir, "hosts"), `${"*a".repeat(40)}b ${line}\n${"*a".repeat(40)}* ${line}\n`);
    const found = await readKnownKeys(join(world.dir, "hosts"), "a".repeat(60), 22);
    expect(found.map((key) => key.line)).toEqual([2]);
  });

  test("a revoked key is refused even where it is allowed elsewhere", async () => {
    const server = await world.serve();
    await put(join(world.dir, ".ssh/known_hosts"), `x y z\n@revoked * ${server.hostKeys[0]}\n`);
    const failure = await failureOf(world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a"));
    expect(failure.code).toBe("ssh.host-key-revoked");
    expect(failure.message).toContain("line 2");
  });

  test("the key it knows is asked for, although the server prefers another", async () => {
    const keys = [await hostKey("ed25519"), await hostKey("ecdsa")];
    const server = await world.serve({ hostKeys: keys });
    await put(join(world.dir, ".ssh/known_hosts"), `[127.0.0.1]:${server.port} ${keys[1]!.public}\n`);
    await world.pool({ port: server.port }).connect("a");
    expect(server.connections).toBe(1);
  });
});

test("this computer's list of hosts counts beside the user's own, for good and bad", async () => {
  const keys = [await hostKey("ed25519"), await hostKey("ecdsa")];
  const server = await world.serve({ hostKeys: keys });
  const [mine, ours] = [join(world.dir, "mine"), join(world.dir, "ours")];
  const options = { knownHosts: [mine, ours] };
  const name = `[127.0.0.1]:${server.port}`;
  await put(mine, "");
  await put(ours, `${name} ${keys[1]!.public}\n`);
  await world.pool({ port: server.port }, options).connect("a");
  expect(server.connections).toBe(1);
  await put(ours, `@revoked ${name} ${keys[0]!.public}\n`);
  await put(mine, `${name} ${keys[0]!.public}\n`);
  expect((await failureOf(world.pool({ port: server.port }, options).connect("b"))).code).toBe("ssh.host-key-revoked");
});

describe("a fingerprint", () => {
  test("of any of its keys opens the host, and pins that key", async () => {
    const keys = [await hostKey("ed25519"), await hostKey("ecdsa")];
    const server = await world.serve({ hostKeys: keys });
    await world.pool({ port: server.port, fingerprint: fingerprint(keys[1]!.public) }).connect("a");
    expect(await readFile(world.knownHosts("a"), "utf8")).toContain(keys[1]!.public.split(" ")[1]);
  });

  test("of another key does not", async () => {
    const server = await world.serve({ hostKeys: [await hostKey("ed25519"), await hostKey("ecdsa")] });
    const wanted = fingerprint(await otherKey());
    const failure = await failureOf(
      world.pool({ port: server.port, fingerprint: wanted, trustOnFirstUse: true }).connect("a"),
    );
    expect(failure.code).toBe("ssh.host-key-changed");
    expect(failure.message).toContain(wanted);
    expect(failure.message).toContain(fingerprint(server.hostKeys[0]!));
  });

  test("that is none says how one looks", async () => {
    const failure = await failureOf(world.pool({ port: 1, fingerprint: "MD5:aa:bb" }).connect("a"));
    expect(failure).toMatchObject({ code: "ssh.fingerprint", hint: expect.stringContaining("SHA256:") });
  });
});

describe("a host nobody knows", () => {
  test("is refused with its fingerprint and what to do", async () => {
    const server = await world.serve();
    const failure = await failureOf(world.pool({ port: server.port }).connect("a"));
    expect(failure.code).toBe("ssh.host-key-unknown");
    expect(failure.hint).toContain(fingerprint(server.hostKeys[0]!));
    expect(server.connections).toBe(1);
  });

  test("is trusted on first use if allowed: once, aloud, and never again another", async () => {
    const server = await world.serve();
    const endpoint = { port: server.port, trustOnFirstUse: true };
    await world.pool(endpoint).connect("a");
    await world.pool(endpoint).connect("a");
    expect(world.logged).toHaveLength(1);
    expect(world.logged[0]).toContain(`warn a: Trusting [127.0.0.1]:${server.port}`);
    expect(world.logged[0]).toContain(fingerprint(server.hostKeys[0]!));
    await server.stop();
    const impostor = await world.serve({ port: server.port });
    const failure = await failureOf(world.pool(endpoint).connect("a"));
    expect(failure.code).toBe("ssh.host-key-changed");
    expect(impostor.connections).toBe(1);
  });
});

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}
