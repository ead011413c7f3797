import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, expect, test } from "vitest";
import { packedCommand } from "../../scripts/setup/packed.mjs";
import { Program } from "../bad-input/program.ts";
import { describeUnless } from "../skipped.ts";

const plugin = "docker-machine-driver-machinist-nspawn";
const reason = unavailable();

describeUnless(reason, "a driver of ours as docker-machine's plugin", () => {
  const program = new Program(undefined, "docker-machine");
  const bin = join(program.folder, "bin");
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const inner = () => join(program.store, "machines", "web", "plugin");
  mkdirSync(bin);
  // Under another name: the one it is published by would be that of our own driver.
  symlinkSync(packedCommand("docker-machine-driver-nspawn"), join(bin, plugin));
  afterAll(async () => {
    await program.run(["rm", "-f", "web"], { env });
    program.remove();
  });

  test("makes a real machine through both ends of the protocol, on which Docker is set up", async () => {
    const help = await program.run(["create", "-d", "machinist-nspawn", "--help"], { env });
    expect(help.stdout).toMatch(/--nspawn-memory/);
    const made = await program.run(["create", "-d", "machinist-nspawn", "--nspawn-image", "docker", "web"], { env });
    expect(made).toMatchObject({ exit: 0 });
    expect(await program.run(["status", "web"], { env })).toMatchObject({ exit: 0, stdout: "Running\n" });
    const version = await program.run(["ssh", "web", "docker version --format '{{.Server.Version}}'"], { env });
    expect(version).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^\d+\.\d+/) });
    expect(await program.run(["config", "web"], { env })).toMatchObject({ exit: 0, stderr: "" });
    expect(existsSync(inner())).toBe(true);
    expect(await program.run(["stop", "web"], { env })).toMatchObject({ exit: 0 });
    expect(await program.run(["status", "web"], { env })).toMatchObject({ stdout: "Stopped\n" });
    expect(await program.run(["start", "web"], { env })).toMatchObject({ exit: 0 });
    expect(await program.run(["rm", "-y", "web"], { env })).toMatchObject({ exit: 0, stderr: "" });
    expect(await readdir(join(program.store, "machines"))).toEqual([]);
  });
});
