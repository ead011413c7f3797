import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeButtonDisk } from "@machinist/lab";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import qemu from "../src/index.ts";
import { qemuProcesses } from "../src/process.ts";
import { unavailable } from "./unavailable.ts";

const reason = unavailable();

describeUnless(reason, "on this computer", () => {
  const folder = mkdtempSync(join(tmpdir(), "machinist-qemu-"));
  const image = join(folder, "button.raw");
  const machines = join(folder, "machines");
  const cacheDir = join(folder, "cache");
  writeButtonDisk(image);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  testDriver({
    module: qemu,
    options: { image, memory: 64, cpus: 1, "disk-size": 2, accel: "tcg" },
    changed: [
      { memory: 96, "disk-size": 4 },
      { cpus: 2, "disk-size": 6 },
    ],
    impossible: { options: { "disk-size": 3 }, code: "qemu.disk-shrink" },
    replacing: { "ssh-user": "admin" },
    context: { cacheDir, machineDir: (machine) => join(machines, machine) },
    leftovers: async ({ fleet, uids }) => [
      ...(await qemuProcesses())
        .filter(({ command }) => uids.some((uid) => command.includes(uid)))
        .map(({ pid }) => `process ${pid}`),
      ...list(machines)
        .filter((name) => name.includes(fleet))
        .flatMap((name) => list(join(machines, name, "qemu"))),
      ...list(join(cacheDir, "qemu", "ports"))
        .filter((name) => /^\d/.test(name))
        .map((port) => `port ${port}`),
    ],
    kills: 6,
    timeoutMs: 240_000,
    notApplicable: {
      "what cannot be read is an error, and nothing is forgotten or made over it":
        "the provider is this computer's own disk; unreadable records have a test of their own",
      "what others made is left alone": "the neighbours' test has another's QEMU beside ours",
    },
  });
});

const list = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
