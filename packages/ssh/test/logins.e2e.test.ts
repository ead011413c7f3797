import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { createHosts, fingerprint, makeKeyPair } from "../src/index.ts";
import { RealServer } from "./support/real-server.ts";
import { makeSshd, noSshd } from "./support/sshd.ts";

const run = promisify(execFile);

describeUnless(noSshd, "a real OpenSSH server", () => {
  let server: RealServer;

  beforeAll(async () => {
    server = await RealServer.start();
  });
  afterAll(() => server?.remove());

  test("ssh-keygen reads our keys and agrees on their fingerprint", async () => {
    const { stdout: listed } = await run("ssh-keygen", ["-l", "-f", server.identity.path]);
    expect(listed).toContain(fingerprint(server.identity.publicKey));
    const { stdout: line } = await run("ssh-keygen", ["-y", "-f", server.identity.path]);
    expect(line.trim()).toBe(server.identity.publicKey);
    for (const comment of ["", "a", "äöü with words", "1234567"]) {
      const pair = await makeKeyPair(comment);
      const path = join(server.dir, `pair-${comment.length}`);
      await writeFile(path, pair.privateKey, { mode: 0o600 });
      expect((await run("ssh-keygen", ["-y", "-f", path])).stdout.trim()).toBe(pair.publicKey);
    }
  });

  test("ssh accepts the known_hosts we write", async () => {
    const pool = server.pool();
    await pool.connect("m1");
    await pool.closeAll();
    const options = [
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${join(server.dir, "m1/known_hosts")}`,
      "BatchMode=yes",
    ];
    const args = [
      "-F",
      "none",
      "-i",
      server.identity.path,
      "-p",
      String(server.sshd.port),
      ...options.flatMap((o) => ["-o", o]),
    ];
    const { stdout } = await run("ssh", [...args, `${server.sshd.user}@127.0.0.1`, "echo", "in"]);
    expect(stdout).toBe("in\n");
    expect((await stat(join(server.dir, "m1/known_hosts"))).mode & 0o777).toBe(0o600);
  });

  test("a forced command is told from the program that was asked for", async () => {
    const forced = await makeSshd(["ForceCommand echo 'not for you'"]);
    try {
      await forced.authorize(server.identity.publicKey);
      await forced.start();
      const pool = server.pool({ port: forced.port, hostKeys: forced.hostKeys });
      const host = await pool.connect("forced");
      await expect(host.run(["cat", "/etc/hostname"])).rejects.toMatchObject({
        code: "ssh.not-run",
        message: expect.stringContaining("not for you"),
      });
      await expect(host.download("/etc/hostname", join(server.dir, "hostname"))).rejects.toMatchObject({
        code: "ssh.not-run",
      });
      await pool.closeAll();
    } finally {
      await forced.remove();
    }
  });

  test("the fingerprint of any of the host's keys will do", async () => {
    for (const [index, key] of server.sshd.hostKeys.entries()) {
      const other = server.pool({ hostKeys: [], fingerprint: fingerprint(key) });
      const there = await other.connect(`by-fingerprint-${index}`);
      expect((await there.run(["true"])).code).toBe(0);
      await other.closeAll();
      expect(await readFile(join(server.dir, `by-fingerprint-${index}`, "known_hosts"), "utf8")).toContain(
        key.split(" ").slice(0, 2).join(" "),
      );
    }
  });

  test("a hashed known_hosts of ssh-keygen's, for a key that is not the server's first", async () => {
    const file = join(server.dir, ".ssh/known_hosts");
    await mkdir(join(server.dir, ".ssh"));
    await writeFile(file, `[127.0.0.1]:${server.sshd.port} ${server.sshd.hostKeys[1]}`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    expect(await readFile(file, "utf8")).toMatch(/^\|1\|/);
    const other = server.pool({ hostKeys: [] });
    expect((await (await other.connect("hashed")).run(["true"])).code).toBe(0);
    await other.closeAll();
    await rm(join(server.dir, ".ssh"), { recursive: true });
  });

  test("keys of an agent, and keys with a passphrase", async () => {
    const key = join(server.dir, "locked-key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "open sesame", "-f", key]);
    await server.sshd.authorize(await readFile(`${key}.pub`, "utf8"));
    const without = server.pool({ keyPath: key }, {}, false);
    await expect(without.connect("locked")).rejects.toMatchObject({ code: "ssh.key-passphrase" });
    const asked: string[] = [];
    const target = { endpoint: { ...server.endpoint, keyPath: key }, knownHosts: join(server.dir, "locked-known") };
    const withPhrase = createHosts({
      target: async () => target,
      env: { HOME: server.dir },
      log: () => {},
      passphrase: async (path) => {
        asked.push(path);
        return "open sesame";
      },
    });
    await Promise.all(["a", "b"].map((name) => withPhrase.connect(name)));
    expect(asked).toEqual([key]);
    await withPhrase.closeAll();
    const socket = join(server.dir, "agent.sock");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      await expect
        .poll(() =>
          stat(socket).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
      const env = {
        ...process.env,
        SSH_AUTH_SOCK: socket,
        SSH_ASKPASS: join(server.dir, "ask"),
        SSH_ASKPASS_REQUIRE: "force",
      };
      await writeFile(join(server.dir, "ask"), "#!/bin/sh\necho open sesame\n", { mode: 0o755 });
      for (let i = 0; i < 8; i++) {
        await writeFile(join(server.dir, `other-${i}`), (await makeKeyPair(`${i}`)).privateKey, { mode: 0o600 });
        execFileSync("ssh-add", ["-q", join(server.dir, `other-${i}`)], { env, stdio: "ignore" });
      }
      execFileSync("ssh-add", ["-q", key], { env, stdio: "ignore" });
      const byAgent = server.pool({ keyPath: key }, { SSH_AUTH_SOCK: socket }, false);
      expect((await (await byAgent.connect("agent")).run(["true"])).code).toBe(0);
      await byAgent.closeAll();
    } finally {
      agent.kill();
    }
  });

  test("a jump host, each with its own key check", async () => {
    const inner = await makeSshd();
    try {
      await inner.authorize(server.identity.publicKey);
      await inner.start();
      const target = {
        endpoint: {
          host: "127.0.0.1",
          port: inner.port,
          user: inner.user,
          hostKeys: inner.hostKeys,
          jump: [`127.0.0.1:${server.sshd.port}`],
        },
        identity: server.identity.path,
        knownHosts: join(server.dir, "jump-known"),
      };
      const blind = createHosts({ target: async () => target, env: { HOME: server.dir }, log: () => {} });
      await expect(blind.connect("inner")).rejects.toMatchObject({ code: "ssh.host-key-unknown" });
      await mkdir(join(server.dir, ".ssh"), { recursive: true });
      await writeFile(
        join(server.dir, ".ssh/known_hosts"),
        `[127.0.0.1]:${server.sshd.port} ${server.sshd.hostKeys[0]}`,
      );
      const through = await blind.connect("inner");
      expect((await through.run(["sh", "-c", "echo $SSH_CONNECTION"])).stdout).toContain(` ${inner.port}`);
      await blind.closeAll();
    } finally {
      await inner.remove();
    }
  });
});
