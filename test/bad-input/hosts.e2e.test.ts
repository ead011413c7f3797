import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeKeyPair } from "../../packages/ssh/src/index.ts";
import { hostKey, startServer, type TestServer } from "../../packages/ssh/test/support/server.ts";
import { freePort } from "../../packages/ssh/test/support/sshd.ts";
import { type Ended, expectFailure, expectNoInsides, Program } from "./program.ts";

/** Whoever should get in all the same can run nothing: it would be run on the computer that runs the tests. */
const refusing: Parameters<typeof startServer>[0] = {
  onExec: (_command, channel) => {
    channel.exit(127);
    channel.end();
  },
};

const listening = (server: Server) =>
  new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
  );

describe("a host that is there already", () => {
  const program = new Program();
  const servers: { close(): unknown }[] = [];
  let ssh: TestServer;
  let key: string;
  let pair: Awaited<ReturnType<typeof makeKeyPair>>;

  beforeAll(async () => {
    ssh = await startServer(refusing);
    pair = await makeKeyPair("test");
    key = program.file("key", pair.privateKey, 0o600);
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    await ssh?.stop();
    program.remove();
  });

  const create = (name: string, port: number, ...more: string[]): Promise<Ended> =>
    program.run(
      ["create", "-d", "generic", "--generic-ip-address", "127.0.0.1", "--generic-ssh-port", String(port)].concat(
        more,
        name,
      ),
    );
  /** What was begun is known, can be looked at, and can be removed or forgotten. */
  const expectUnfinished = async (name: string) => {
    const { stdout } = await program.must(["ls", "-t", "5"]);
    expect(stdout).toMatch(new RegExp(`^${name} .*incomplete`, "m"));
    expectNoInsides(stdout);
    await program.must(["rm", "-f", name]);
    expect(await program.names()).not.toContain(name);
  };

  test("that refuses", async () => {
    const ended = await create("refused", await freePort());
    expectFailure(ended, { exit: 1, code: "generic.unreachable", says: "was refused", hint: "--generic-ssh-port" });
    await program.must(["rm", "-y", "refused"]);
  });

  test("whose name leads nowhere", async () => {
    const ended = await program.run(["create", "-d", "generic", "--generic-ip-address", "no-such.invalid", "lost"]);
    expectFailure(ended, { exit: 1, code: "generic.unreachable", says: "no host named" });
    await program.must(["rm", "-y", "lost"]);
  });

  test("that never says a word, one that speaks HTTP, and one that hangs up: none is waited for long", async () => {
    let calls = 0;
    const count = () => ++calls;
    const silent = createServer(count);
    const web = createServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const rude = createServer((socket) => void socket.destroy());
    servers.push(silent, web, rude);
    const ports = await Promise.all([silent, web, rude].map(listening));
    for (const server of [web, rude]) server.on("connection", count);
    const ended = await Promise.all(ports.map((port, index) => create(`deaf-${index}`, port)));
    // Each was called once: nobody waits for one that speaks, or says nothing, as for one that is still to boot.
    expect(calls).toBe(3);
    const [nothing, http, gone] = ended;
    expectFailure(nothing!, {
      exit: 1,
      code: "generic.unreachable",
      says: "nothing answers",
      hint: "--generic-ssh-port",
    });
    expectFailure(http!, {
      exit: 1,
      code: "generic.turned-away",
      says: '"HTTP/1.1 400 Bad Request"',
      hint: "--generic-ssh-port",
    });
    expectFailure(gone!, {
      exit: 1,
      code: "generic.turned-away",
      says: "before anybody can log in",
      hint: "--generic-ssh-port",
    });
    await program.must(["rm", "-y", "deaf-0", "deaf-1", "deaf-2"]);
  });

  test("whose key nobody vouched for: its fingerprint is shown, nothing is logged into", async () => {
    const ended = await create("unknown", ssh.port, "--generic-ssh-key", key);
    const failure = { exit: 1, code: "ssh.host-key-unknown", says: /SHA256:[\w+/]{43}/ };
    expectFailure(ended, { ...failure, hint: /ssh-keygen -lf .* host-key .*trust-on-first-use/ });
    expect(ssh.commands).toEqual([]);
    // The way the hint shows: the fingerprint given, which leads to the next obstacle.
    const seen = /SHA256:[\w+/]{43}/.exec(ended.stderr)?.[0] ?? "";
    expectFailure(await create("unknown", ssh.port, "--generic-ssh-key", key, "--generic-host-key", seen), {
      exit: 1,
      code: "ssh.auth",
    });
    await expectUnfinished("unknown");
  });

  test("that is not the one whose fingerprint was given", async () => {
    const other = `SHA256:${"A".repeat(43)}`;
    const ended = await create("other", ssh.port, "--generic-ssh-key", key, "--generic-host-key", other);
    expectFailure(ended, { exit: 1, code: "ssh.host-key-changed", says: other, hint: "ssh-keygen -lf" });
    expect(ssh.commands).toEqual([]);
    await expectUnfinished("other");
  });

  test("that takes none of our keys: which were tried is said, by path and fingerprint", async () => {
    const ended = await create("strange", ssh.port, "--generic-ssh-key", key, "--generic-trust-on-first-use");
    expectFailure(ended, { exit: 1, code: "ssh.auth", says: `${key} (SHA256:`, hint: "authorized_keys" });
    expect(ended.stdout).toContain("warning: Trusting");
    expect(`${ended.stdout}${ended.stderr}`).not.toContain("PRIVATE KEY");
    await expectUnfinished("strange");
  });

  test("whose key changed since: refused, even where first use was trusted, and told how to go on", async () => {
    const { port } = ssh;
    await ssh.stop();
    ssh = await startServer({ ...refusing, port, authorized: [pair.publicKey] });
    await create("changed", port, "--generic-ssh-key", key, "--generic-trust-on-first-use");
    await ssh.stop();
    ssh = await startServer({ ...refusing, port, hostKeys: [await hostKey()], authorized: [pair.publicKey] });
    const again = await create("changed", port, "--generic-ssh-key", key, "--generic-trust-on-first-use");
    const known = join(program.store, "machines/changed/known_hosts");
    const failure = { exit: 1, code: "ssh.host-key-changed" };
    expectFailure(again, {
      ...failure,
      says: "is not the one known",
      hint: `ssh-keygen -R '[127.0.0.1]:${port}' -f '${known}'`,
    });
    expectFailure(await program.run(["ssh", "changed", "id"]), failure);
    expect(ssh.commands).toEqual([]);
    await expectUnfinished("changed");
  });

  test.each([
    ["that others may read", () => program.file("open", pair.privateKey, 0o644), /^Type `chmod 600 /],
    ["that is a public key", () => program.file("key.pub", pair.publicKey, 0o600), /the private one/],
    ["that is no key", () => program.file("text", "hello", 0o600), /ssh-keygen/],
    ["that is a folder", () => program.cwd, /--generic-ssh-key/],
  ])("with a key file %s: a failed check, nothing saved", async (_what, path, hint) => {
    const names = await program.names();
    expectFailure(await create("unlucky", ssh.port, "--generic-ssh-key", path()), {
      exit: 3,
      code: "driver.ssh-key",
      hint,
    });
    expect(await program.names()).toEqual(names);
  });

  test("with a damaged key: a failed check, nothing saved", async () => {
    const damaged = program.file("damaged", pair.privateKey.replace(/[A-Za-z]{20}/, "x"), 0o600);
    const ended = await create("damaged", ssh.port, "--generic-ssh-key", damaged, "--generic-trust-on-first-use");
    expectFailure(ended, { exit: 3, code: "ssh.key-invalid", hint: ".openssh" });
    expect(await program.names()).not.toContain("damaged");
  });
});
