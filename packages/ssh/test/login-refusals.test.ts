import { spawnSync } from "node:child_process";
import type { ServerChannel } from "ssh2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failureOf, makeWorld, type World } from "./support/world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.end());

/** A host that answers every command in the same way, in place of a shell. */
async function connect(answer: (channel: ServerChannel, line: string) => void) {
  const server = await world.serve({ starts: false, onExec: (_command, channel, line) => answer(channel, line) });
  const host = await world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("box");
  return { server, host };
}

function end(channel: ServerChannel, code: number): void {
  channel.exit(code);
  channel.end();
}

describe("a host that runs nothing", () => {
  const ways: [string, string, "stdout" | "stderr", { code: string; hint: string }][] = [
    ["greets", "Welcome to the gateway\n", "stdout", { code: "ssh.not-run", hint: "ForceCommand" }],
    ["says nothing", "", "stdout", { code: "ssh.not-run", hint: "ForceCommand" }],
    [
      "wants a new password",
      "WARNING: Your password has expired.\nPassword change required but no TTY available.\n",
      "stderr",
      { code: "ssh.expired", hint: "chage" },
    ],
    ["has no shell", "This account is currently not available.\n", "stdout", { code: "ssh.no-shell", hint: "usermod" }],
    [
      "serves files",
      "This service allows sftp connections only.\n",
      "stdout",
      { code: "ssh.no-shell", hint: "usermod" },
    ],
    ["has no base64", "sh: 1: base64: not found\n", "stderr", { code: "ssh.not-run", hint: "coreutils" }],
  ];
  test.each(ways)("but %s is told apart, at once and for good", async (_what, text, stream, { code, hint }) => {
    const { server, host } = await connect((channel) => {
      (stream === "stdout" ? channel : channel.stderr).write(text);
      end(channel, 1);
    });
    const failure = await failureOf(host.run(["true"]));
    expect(failure).toMatchObject({ code, retryable: false, hint: expect.stringContaining(hint) });
    expect(failure.message).toContain("box");
    expect(server.commands).toHaveLength(1);
  });

  test("and says whom it lets in is not waited for", async () => {
    const { host } = await connect((channel) =>
      channel.write('Please login as the user "admin" rather than the user "root".\n'),
    );
    expect(await failureOf(host.run(["true"]))).toMatchObject({
      code: "ssh.auth",
      message: "box wants another user: admin",
    });
  });

  test("but talks without an end is cut off", async () => {
    const { host } = await connect((channel) => channel.write("x".repeat(1_000_000)));
    expect((await failureOf(host.run(["true"]))).code).toBe("ssh.not-run");
  });
});

test("what a login shell's start-up files write is not the program's output", async () => {
  const { host } = await connect((channel, line) => {
    channel.write("Have a lot of fun...\nsh: 1: warning\n");
    channel.write(spawnSync("/bin/sh", ["-c", line]).stdout);
    end(channel, 0);
  });
  expect((await host.run(["echo", "Have a lot of fun..."])).stdout).toBe("Have a lot of fun...\n");
  expect((await host.run(["true"])).stdout).toBe("");
});
