import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Host } from "@machinist/core";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import type { HostPool } from "../src/index.ts";
import { RealServer } from "./support/real-server.ts";
import { startRelay } from "./support/relay.ts";
import { makeSshd, noSshd } from "./support/sshd.ts";

describeUnless(noSshd, "a real OpenSSH server", () => {
  let server: RealServer;
  let pool: HostPool;
  let host: Host;

  beforeAll(async () => {
    server = await RealServer.start();
    pool = server.pool();
    host = await pool.connect("m1");
  });
  afterAll(async () => {
    await pool?.closeAll();
    await server?.remove();
  });

  test("every argument arrives as it was", async () => {
    const anything = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""));
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 8 }), async (args) => {
        const { stdout } = await host.run(["printf", "%s\\0", ...args, "end"]);
        expect(stdout.split("\0").slice(0, -1)).toEqual([...args, "end"]);
      }),
      { numRuns: 60 },
    );
  });

  test("output, codes, signals, stdin and scripts", async () => {
    expect(await host.run(["sh", "-c", "echo out; echo err >&2; exit 7"])).toEqual({
      code: 7,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect((await host.run(["sh", "-c", "kill -9 $$"])).code).toBe(137);
    expect((await host.run(["cat"], { stdin: "ä".repeat(300_000) })).stdout).toBe("ä".repeat(300_000));
    expect((await host.run(["true"], { stdin: "x".repeat(3_000_000) })).code).toBe(0);
    const script = 'cat\necho "$1|$2"\nexit 3';
    expect(await host.script(script, ["a b", "$(id)"])).toMatchObject({ code: 3, stdout: "a b|$(id)\n" });
  });

  test("a deadline and a cancellation end the remote program", async () => {
    for (const way of ["deadline", "cancel"]) {
      const mark = `39${randomBytes(3).readUIntBE(0, 3)}`;
      const cancel = new AbortController();
      const options = way === "deadline" ? { timeoutMs: 2000 } : { signal: cancel.signal };
      const code = way === "deadline" ? "ssh.timeout" : "cancelled";
      const ended = expect(host.run(["sleep", mark], options)).rejects.toMatchObject({ code });
      const running = async () =>
        (await host.run(["sh", "-c", 'ps -eo args | grep -c "^sleep $1" || true', "sh", mark])).stdout.trim();
      if (way === "cancel") {
        await expect.poll(running).toBe("1");
        cancel.abort();
      }
      await ended;
      await expect.poll(running).toBe("0");
    }
  });

  test("thirty programs at once, over one connection", async () => {
    const before = sessions(server.sshd.port);
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => host.run(["echo", String(i)])));
    expect(answers.map(({ stdout }) => stdout.trim())).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
    expect(sessions(server.sshd.port)).toBe(before);
  });

  test("writing is whole, with its mode, and makes folders", async () => {
    const path = join(server.dir, "new/folder/it's a file");
    const bytes = randomBytes(300_001);
    await host.write(path, bytes, { mode: 0o600, sudo: true });
    expect(bytes.equals(await readFile(path))).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await host.write(path, "short");
    expect(await readFile(path, "utf8")).toBe("short");
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect(await readdir(join(server.dir, "new/folder"))).toEqual(["it's a file"]);
    await expect(host.write(join(server.dir, "new/folder"), "x")).rejects.toMatchObject({ code: "ssh.write" });
  });

  test("files and folders go there and back", async () => {
    const from = join(server.dir, "from");
    await mkdir(from);
    const long = `${"long-folder-name/".repeat(12)}ä-file`;
    await writeFile(join(from, "tool"), "#!/bin/sh\n");
    await chmod(join(from, "tool"), 0o755);
    await writeFile(join(from, "empty"), "");
    await writeFile(join(from, "big"), randomBytes(5_000_003));
    const files = new Map([
      ["bin/tool", join(from, "tool")],
      [long, join(from, "big")],
      ["empty", join(from, "empty")],
    ]);
    const there = join(server.dir, "there it is");
    await host.upload(files, there);
    expect((await stat(join(there, "bin/tool"))).mode & 0o777).toBe(0o755);
    await symlink("bin/tool", join(there, "link"));
    const back = join(server.dir, "back");
    await host.download(there, back);
    expect(await sum(join(back, long))).toBe(await sum(join(from, "big")));
    expect(await readFile(join(back, "link"), "utf8")).toBe("#!/bin/sh\n");
    expect((await stat(join(back, "bin/tool"))).mode & 0o111).toBe(0o111);
    await host.download(join(there, long), join(server.dir, "one"));
    expect(await sum(join(server.dir, "one"))).toBe(await sum(join(from, "big")));
    await expect(host.download(join(server.dir, "nowhere"), join(server.dir, "x"))).rejects.toMatchObject({
      code: "ssh.download",
    });
    await expect(host.upload(new Map([["a", join(server.dir, "nowhere")]]), there)).rejects.toMatchObject({
      code: "ssh.upload",
    });
  });

  test("a tunnel", async () => {
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    const { port } = echo.address() as { port: number };
    const stream = await host.forward("127.0.0.1", port);
    stream.end("through");
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe("through");
    echo.close();
    await expect(host.forward("127.0.0.1", port)).rejects.toMatchObject({ code: "ssh.forward" });
  });

  test("a terminal, and its size", async () => {
    const modes: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), {
      isTTY: true,
      isRaw: false,
      setRawMode: (raw: boolean) => modes.push(raw),
    });
    const stdout = new PassThrough();
    let seen = "";
    stdout.on("data", (chunk) => (seen += String(chunk)));
    let resize = (_columns: number, _rows: number) => {};
    const terminal = { stdin, stdout, term: "xterm", columns: 90, rows: 30 };
    const code = host.shell({ ...terminal, onResize: (listener) => (resize = listener) }, ["sh"]);
    stdin.write("stty size\n");
    await expect.poll(() => seen).toContain("30 90");
    resize(100, 40);
    stdin.write("stty size\n");
    await expect.poll(() => seen).toContain("40 100");
    stdin.write("exit 5\n");
    expect(await code).toBe(5);
    expect(stdin.listenerCount("data")).toBe(0);
    expect(modes).toEqual([true, false]);
  });

  test("a server with a lower session limit is still served", async () => {
    const small = await makeSshd(["MaxSessions 3"]);
    try {
      await small.authorize(server.identity.publicKey);
      await small.start();
      const other = server.pool({ port: small.port, hostKeys: small.hostKeys });
      const there = await other.connect("small");
      const answers = await Promise.all(Array.from({ length: 12 }, () => there.run(["sh", "-c", "sleep 0.1; echo x"])));
      expect(answers.every(({ stdout }) => stdout === "x\n")).toBe(true);
      await other.closeAll();
    } finally {
      await small.remove();
    }
  });

  test("a restart of the host in between goes unnoticed, one in mid-run does not", async () => {
    const long = `sleep 30.${randomBytes(3).readUIntBE(0, 3)}`;
    const during = expect(host.run(long.split(" "))).rejects.toMatchObject({ code: "ssh.lost", retryable: true });
    await expect.poll(async () => (await host.run(["pgrep", "-cfx", long])).stdout.trim()).not.toBe("0");
    await server.sshd.kill();
    await during;
    // It asks a server that is not there at first.
    const asked = await refusing(server.sshd.port);
    const later = host.run(["echo", "again"]);
    await asked.first;
    await server.sshd.start();
    expect((await later).stdout).toBe("again\n");
  });

  test("a first program takes one connection, and few turns of who speaks", async () => {
    const relay = await startRelay(server.sshd.port);
    try {
      const other = server.pool({ port: relay.port });
      await (await other.connect("m1")).run(["true"]);
      console.info(`connect and run: ${relay.traffic.turns} turns`);
      expect(relay.traffic.connections).toBe(1);
      expect(relay.traffic.turns).toBeLessThanOrEqual(24);
      await other.closeAll();
    } finally {
      relay.close();
    }
  });
});

/** Nobody but us listens, and hangs up; resolves to a promise of the first call, after which nobody listens at all. */
async function refusing(port: number): Promise<{ readonly first: Promise<void> }> {
  const door = createServer((socket) => void socket.destroy());
  const first = once(door, "connection").then(() => new Promise<void>((resolve) => door.close(() => resolve())));
  door.listen(port, "127.0.0.1");
  await once(door, "listening");
  return { first };
}

/** TCP connections now open to a port. */
const sessions = (port: number): number =>
  execFileSync("ss", ["-Htn", "state", "established", `dport = :${port}`], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean).length;

const sum = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
