import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Program } from "../bad-input/program.ts";
import { testUnless } from "../skipped.ts";

const noDocker = spawnSync("docker", ["--version"]).status === 0 ? undefined : "docker's command line is not installed";
const reason = noDocker;

testUnless(reason, "docker machine is docker-machine", async () => {
  const program = new Program(undefined, "docker-machine");
  try {
    const config = join(program.folder, "docker");
    mkdirSync(join(config, "cli-plugins"), { recursive: true });
    symlinkSync(program.entry, join(config, "cli-plugins", "docker-machine"));
    const docker = (...words: string[]) =>
      spawnSync("docker", ["--config", config, ...words], {
        encoding: "utf8",
        env: { PATH: process.env.PATH ?? "", HOME: program.folder, MACHINE_STORAGE_PATH: program.store },
      });
    expect(docker("--help").stdout).toMatch(/machine\* +Create and manage machines running Docker/);
    const url = ["--url", "tcp://192.0.2.7:2376"];
    expect(docker("machine", "create", "-d", "none", ...url, "box")).toMatchObject({ status: 0, stderr: "" });
    expect(docker("machine", "ls", "-q")).toMatchObject({ status: 0, stdout: "box\n" });
    expect(docker("machine", "url", "box").stdout).toBe("tcp://192.0.2.7:2376\n");
    expect(docker("machine", "frobnicate").stderr).toContain("is not a docker-machine command");
  } finally {
    program.remove();
  }
});
