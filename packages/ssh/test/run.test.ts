import { randomBytes } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TestServer } from "./support/server.ts";
import { failureOf, makeWorld, type World } from "./support/world.ts";

let world: World;
let server: TestServer;
let host: Host;
beforeEach(async () => {
  world = await makeWorld();
  server = await world.serve();
  host = await world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a");
});
afterEach(() => world.end());

test("code, output and errors of a program", async () => {
  const output = await host.run(["sh", "-c", "echo out; echo err >&2; exit 3"]);
  expect(output).toEqual({ code: 3, stdout: "out\n", stderr: "err\n" });
});

test("the end by a signal is 128 and its number", async () => {
  expect((await host.run(["sh", "-c", "kill -TERM $$"])).code).toBe(143);
  expect((await host.run(["sh", "-c", "kill -KILL $$"])).code).toBe(137);
});

test("output is told piece by piece, with characters whole", async () => {
  const seen: string[] = [];
  const script = "printf '\\303'; sleep 0.1; printf '\\244'; echo e >&2";
  const output = await host.script(script, [], { onOutput: (text, stream) => seen.push(`${stream}:${text}`) });
  expect(output.stdout).toBe("ä");
  expect(seen.filter((line) => line.startsWith("stdout"))).toEqual(["stdout:ä"]);
  expect(seen).toContain("stderr:e\n");
});

test("a script's programs cannot eat the script, and its data is no shell", async () => {
  const output = await host.script('cat\nprintf "%s|" "$@"\necho done', ["a b", "$(id)", "'; exit 9"]);
  expect(output).toMatchObject({ code: 0, stdout: "a b|$(id)|'; exit 9|done\n" });
});

test("more output than fits is refused, and the program ended", async () => {
  const failure = await failureOf(host.run(["head", "-c", "70000000", "/dev/zero"]));
  expect(failure).toMatchObject({ code: "ssh.output", message: expect.stringContaining("64 MiB") });
  expect((await host.run(["echo", "on"])).stdout).toBe("on\n");
});

test("a deadline and a cancellation end the program over there too", async () => {
  for (const way of ["ssh.timeout", "cancelled"]) {
    const mark = `41${randomBytes(3).readUIntBE(0, 3)}`;
    const cancel = new AbortController();
    const argv = ["sh", "-c", `sleep ${mark}; true`];
    const run = failureOf(host.run(argv, way === "cancelled" ? { signal: cancel.signal } : { timeoutMs: 300 }));
    const left = async () =>
      (await host.run(["sh", "-c", 'ps -eo args | grep "^sleep $1" || true', "sh", mark])).stdout;
    if (way === "cancelled") {
      await Promise.race([run, expect.poll(left).not.toBe("")]);
      cancel.abort();
    }
    const failure = await run;
    expect(failure.code).toBe(way);
    expect(failure.message).not.toContain(mark);
    await expect.poll(left).toBe("");
  }
  expect(server.connections).toBe(1);
});

test("a program given up while it was being started is ended too", async () => {
  const mark = `42${randomBytes(3).readUIntBE(0, 3)}`;
  const cancel = new AbortController();
  const run = failureOf(host.run(["sh", "-c", `sleep ${mark}; true`], { signal: cancel.signal }));
  await new Promise(setImmediate);
  cancel.abort();
  expect((await run).code).toBe("cancelled");
  const left = async () => (await host.run(["sh", "-c", 'ps -eo args | grep "^sleep $1" || true', "sh", mark])).stdout;
  await expect.poll(left).toBe("");
});

test("a cancelled call asks for nothing", async () => {
  const failure = await failureOf(host.run(["true"], { signal: AbortSignal.abort() }));
  expect(failure.code).toBe("cancelled");
  expect(server.commands).toEqual([]);
});

test("arguments that no program can get are refused", async () => {
  expect((await failureOf(host.run([]))).code).toBe("ssh.argument");
  expect((await failureOf(host.run(["a\0b"]))).code).toBe("ssh.argument");
});

test("sudo never asks: the refusal is told apart from the program's own failure", async () => {
  const bin = join(world.dir, "bin");
  await host.run(["mkdir", bin]);
  const sudo = async (body: string) => {
    await writeFile(join(bin, "sudo"), `#!/bin/sh\n${body}\n`);
    await chmod(join(bin, "sudo"), 0o755);
  };
  const path = process.env.PATH;
  process.env.PATH = `${bin}:${path}`;
  try {
    await sudo("echo 'sudo: ein Passwort ist notwendig' >&2; exit 1");
    expect(await failureOf(host.run(["id"], { sudo: true }))).toMatchObject({
      code: "ssh.sudo",
      message: expect.stringContaining("tester"),
      hint: expect.stringContaining("NOPASSWD"),
    });
    await sudo("echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1");
    expect(await failureOf(host.run(["id"], { sudo: true }))).toMatchObject({
      code: "ssh.sudo",
      hint: expect.stringContaining("'Defaults:tester !requiretty' > /etc/sudoers.d/90-machinist"),
    });
    await sudo("echo 'sh: exec: sudo: not found' >&2; exit 127");
    expect(await failureOf(host.run(["id"], { sudo: true }))).toMatchObject({
      code: "ssh.sudo",
      hint: expect.stringContaining("package sudo"),
    });
    await sudo('shift 2; if [ "$1" = true ]; then exit 0; fi; exec "$@"');
    expect(await host.run(["sh", "-c", "echo 'sudo: of the program' >&2; exit 1"], { sudo: true })).toMatchObject({
      code: 1,
    });
    expect((await host.run(["echo", "as root"], { sudo: true })).stdout).toBe("as root\n");
  } finally {
    process.env.PATH = path;
  }
});

test("root needs no sudo", async () => {
  const root = await world.pool({ port: server.port, hostKeys: server.hostKeys, user: "root" }).connect("b");
  await root.run(["true"], { sudo: true });
  expect(server.commands.at(-1)).not.toContain("sudo");
});

test("a program that does not read its stdin is no error", async () => {
  expect((await host.run(["true"], { stdin: "x".repeat(2_000_000) })).code).toBe(0);
});
