import { execFile, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "../bad-input/program.ts";
import { describeUnless } from "../skipped.ts";

describeUnless(unavailable(), "a host for which no key is named", () => {
  let lab: LabHosts;
  const program = new Program(undefined, "docker-machine");
  beforeAll(async () => {
    lab = await startHosts({ count: 1, image: "docker" });
  });
  afterAll(async () => {
    program.remove();
    await lab?.dispose();
  });

  test("is made a machine, and reached, by the keys of an agent", async () => {
    const { address, identity } = lab.hosts[0]!;
    const socket = join(program.folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      const env = { SSH_AUTH_SOCK: socket };
      await expect.poll(() => existsSync(socket)).toBe(true);
      await promisify(execFile)("ssh-add", ["-q", identity], { env: { ...process.env, ...env } });
      await program.must(["create", "-d", "generic", "--generic-ip-address", address, "box"], { env });
      const ok = { exit: 0, stderr: "" };
      expect(await program.run(["ssh", "box", "echo foo"], { env })).toEqual({ ...ok, stdout: "foo\n" });
      const here = program.file("here.txt", "made here\n");
      expect(await program.run(["scp", "-q", here, "box:/tmp/there.txt"], { env })).toEqual({ ...ok, stdout: "" });
      expect(await program.run(["rm", "-y", "box"], { env })).toMatchObject(ok);
    } finally {
      agent.kill();
    }
  });

  test("is made a machine, and reached, by the user's own keys", async () => {
    const { address, identity } = lab.hosts[0]!;
    const home = join(program.folder, "home");
    mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
    copyFileSync(identity, join(home, ".ssh/id_ed25519"));
    const env = { HOME: home, SSH_AUTH_SOCK: "" };
    await program.must(["create", "-d", "generic", "--generic-ip-address", address, "mine"], { env });
    const ok = { exit: 0, stderr: "" };
    expect(await program.run(["ssh", "mine", "echo foo"], { env })).toEqual({ ...ok, stdout: "foo\n" });
    const here = program.file("here.txt", "made here\n");
    expect(await program.run(["scp", "-q", here, "mine:/tmp/there.txt"], { env })).toEqual({ ...ok, stdout: "" });
    expect(await program.run(["rm", "-y", "mine"], { env })).toMatchObject(ok);
  });
});
