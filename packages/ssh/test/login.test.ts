import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fingerprint, makeKeyPair } from "../src/index.ts";
import { failureOf, makeWorld, toldLate, type World } from "./support/world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.end());

test("a refused key is named with the user and the host, and not tried again", async () => {
  const server = await world.serve({ authorized: [] });
  const failure = await failureOf(world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a"));
  expect(failure.code).toBe("ssh.auth");
  expect(failure.message).toContain(`tester@[127.0.0.1]:${server.port}`);
  expect(failure.message).toContain(`${world.identity.path} (${fingerprint(world.identity.publicKey)})`);
  expect(server.connections).toBe(1);
});

test("the key the user names is tried before the machine's own", async () => {
  const pair = await makeKeyPair("named");
  const keyPath = join(world.dir, "named");
  await writeFile(keyPath, pair.privateKey);
  const server = await world.serve({ authorized: [pair.publicKey] });
  await world.pool({ port: server.port, hostKeys: server.hostKeys, keyPath }).connect("a");
  const closed = await world.serve({ authorized: [] });
  const failure = await failureOf(world.pool({ port: closed.port, hostKeys: closed.hostKeys, keyPath }).connect("a"));
  expect(failure.message.indexOf(keyPath)).toBeLessThan(failure.message.indexOf(world.identity.path));
});

test("a named key that is missing, or no key, is said so", async () => {
  const server = await world.serve();
  const endpoint = { port: server.port, hostKeys: server.hostKeys };
  const missing = await failureOf(world.pool({ ...endpoint, keyPath: join(world.dir, "none") }).connect("a"));
  expect(missing).toMatchObject({ code: "ssh.key-missing", retryable: false });
  await writeFile(join(world.dir, "junk"), "junk");
  const junk = await failureOf(world.pool({ ...endpoint, keyPath: join(world.dir, "junk") }).connect("a"));
  expect(junk.code).toBe("ssh.key-invalid");
  const open = await failureOf(world.pool({ ...endpoint, keyPath: `${world.identity.path}.pub` }).connect("a"));
  expect(open).toMatchObject({ code: "ssh.key-invalid", hint: expect.stringContaining(".pub") });
});

test("no key at all is said so", async () => {
  const server = await world.serve();
  const target = { endpoint: { host: "127.0.0.1", port: server.port, user: "u", hostKeys: server.hostKeys } };
  const pool = world.pool({ port: 1 }, { target: async () => ({ ...target, knownHosts: world.knownHosts("a") }) });
  expect((await failureOf(pool.connect("a"))).message).toContain("no key to try");
});

test("a key with a passphrase: without one, with a wrong one, with the right one", async () => {
  const keyPath = join(world.dir, "locked");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "sesame", "-f", keyPath]);
  const server = await world.serve({ authorized: [await readFile(`${keyPath}.pub`, "utf8")] });
  const connect = (answer: string | undefined, asked: string[] = []) =>
    world
      .pool(
        { port: server.port, hostKeys: server.hostKeys, keyPath },
        { passphrase: async (path) => (asked.push(path) > 0 ? answer : undefined) },
      )
      .connect("a");
  const closed = await failureOf(connect(undefined));
  expect(closed).toMatchObject({ code: "ssh.key-passphrase", hint: expect.stringContaining("ssh-add") });
  const wrong = await failureOf(connect("wrong"));
  expect(wrong.code).toBe("ssh.key-passphrase");
  expect(JSON.stringify([wrong.message, wrong.hint])).not.toContain("wrong");
  const asked: string[] = [];
  await connect("sesame", asked);
  expect(asked).toEqual([keyPath]);
});

test("an agent that is gone leaves the other keys", async () => {
  const server = await world.serve();
  const env = { HOME: world.dir, SSH_AUTH_SOCK: join(world.dir, "no-agent") };
  await world.pool({ port: server.port, hostKeys: server.hostKeys }, { env }).connect("a");
  const closed = await world.serve({ authorized: [] });
  const failure = await failureOf(world.pool({ port: closed.port, hostKeys: closed.hostKeys }, { env }).connect("a"));
  expect(failure.code).toBe("ssh.auth");
});

test("through a jump host, whose key is checked too", async () => {
  const inner = await world.serve();
  const outer = await world.serve();
  const endpoint = { port: inner.port, hostKeys: inner.hostKeys, jump: [`127.0.0.1:${outer.port}`] };
  expect(await failureOf(world.pool(endpoint).connect("a"))).toMatchObject({
    code: "ssh.host-key-unknown",
    message: expect.stringContaining(String(outer.port)),
  });
  expect(inner.connections).toBe(0);
  await mkdir(join(world.dir, ".ssh"));
  await writeFile(join(world.dir, ".ssh/known_hosts"), `[127.0.0.1]:${outer.port} ${outer.hostKeys[0]}\n`);
  const host = await world.pool(endpoint).connect("a");
  expect((await host.run(["echo", "inside"])).stdout).toBe("inside\n");
  expect(outer.commands).toEqual([]);
  expect(inner.commands).toHaveLength(1);
});

test("a jump host in front of a closed port is waited for; one that is none is not", async () => {
  const outer = await world.serve();
  const endpoint = { port: 1, jump: [`127.0.0.1:${outer.port}`], trustOnFirstUse: true };
  expect(await toldLate(world.pool(endpoint), () => outer.connections > 1)).toMatchObject({
    code: "ssh.unreachable",
    retryable: false,
  });
  expect(outer.connections).toBeGreaterThan(1);
  for (const jump of ["", "a b", "host:0", "host:99999", "u@", "-oProxyCommand=x"])
    expect((await failureOf(world.pool({ port: 1, jump: [jump] }).connect("a"))).code).toBe("ssh.jump");
});

test("the user's own keys are tried last, only where the endpoint says so, and what is no key is passed over", async () => {
  const home = join(world.dir, "home");
  await mkdir(join(home, ".ssh"), { recursive: true });
  const pair = await makeKeyPair("mine");
  await writeFile(join(home, ".ssh/id_ed25519"), pair.privateKey, { mode: 0o600 });
  await writeFile(join(home, ".ssh/id_rsa"), "no key");
  const server = await world.serve({ authorized: [pair.publicKey] });
  const endpoint = { port: server.port, hostKeys: server.hostKeys };
  const env = { HOME: home };
  expect(await failureOf(world.pool(endpoint, { env }).connect("a"))).toMatchObject({ code: "ssh.auth" });
  await world.pool({ ...endpoint, userKeys: true }, { env }).connect("a");
  const closed = await world.serve({ authorized: [] });
  const other = { port: closed.port, hostKeys: closed.hostKeys, userKeys: true };
  const failure = await failureOf(world.pool(other, { env }).connect("a"));
  expect(failure.message.indexOf(world.identity.path)).toBeLessThan(failure.message.indexOf("id_ed25519 (SHA256"));
  execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-N", "sesame", "-f", join(home, ".ssh/id_ecdsa")]);
  // Nobody named it, so nobody is asked for its passphrase: it is told beside the keys that were tried.
  const asked: string[] = [];
  const passphrase = async (path: string) => (asked.push(path) > 0 ? undefined : "");
  expect(await failureOf(world.pool(other, { env, passphrase }).connect("a"))).toMatchObject({
    code: "ssh.auth",
    message: expect.stringContaining("id_ed25519 (SHA256"),
    hint: expect.stringMatching(/id_ecdsa has a passphrase and was not tried: ssh-add/),
  });
  expect(asked).toEqual([]);
});
