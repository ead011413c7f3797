import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packedCommand } from "../scripts/setup/packed.mjs";
import { describeUnless } from "./skipped.ts";

const reason = unavailable();

/** Real hosts, by the published program: what only they can show is that names work on them, and that a kill is survived. */
describeUnless(reason, "hooks of real hosts", () => {
  const folder = mkdtempSync(join(tmpdir(), "machinist-hooks-e2e-"));
  const program = packedCommand("machinist");
  const group = `hk${process.pid}`;
  const env = { ...process.env, MACHINE_STORAGE_PATH: join(folder, "store"), HOME: folder };
  const machinist = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], { cwd: folder, env, encoding: "utf8" });
  const told = () =>
    existsSync(join(folder, "told")) ? readFileSync(join(folder, "told"), "utf8").trim().split("\n") : [];

  beforeAll(() => {
    writeFileSync(
      join(folder, "machines.yaml"),
      `name: ${group}
driver: nspawn
engine: false
contexts: false
machines: { ${group}: { count: 2, lease: 1s } }
hooks:
  - { on: [machine.created, machine.removed, machine.stopped], run: ./told.sh, timeout: 60s }
  - { hosts: machines, on: [machine.created, machine.address] }
  - { ssh-config: ./ssh-config }
`,
    );
    writeFileSync(
      join(folder, "told.sh"),
      '#!/bin/sh\necho "$MACHINIST_EVENT $MACHINIST_MACHINE" >> told\nwhile test -e slow; do sleep 0.1; done\n',
    );
    chmodSync(join(folder, "told.sh"), 0o755);
    // The image takes minutes the first time: the run that is killed is to be at its machines by then.
    const warm = machinist("create", "--no-engine", "-d", "nspawn", `${group}-warm`);
    expect(warm.status, warm.stdout + warm.stderr).toBe(0);
    machinist("rm", "--yes", `${group}-warm`);
  }, 900_000);
  afterAll(() => {
    machinist("down", "--yes", group);
    rmSync(folder, { recursive: true, force: true });
  });

  test("a killed up leaves its hooks to the next; names work among machines; reap removes and says why", async () => {
    writeFileSync(join(folder, "slow"), "");
    const killed = spawn(process.execPath, [program, "up"], { cwd: folder, env, stdio: "ignore" });
    await expect
      .poll(() => told().length, { message: "the first hook is under way", timeout: 300_000 })
      .toBeGreaterThan(0);
    killed.kill("SIGKILL");
    await once(killed, "close");
    rmSync(join(folder, "slow"));
    const up = machinist("up", "--json");
    expect(up.status, up.stdout + up.stderr).toBe(0);
    for (const machine of [`${group}-1`, `${group}-2`]) expect(told()).toContain(`machine.created ${machine}`);
    // The one whose hook was under way is told twice: at least once.
    expect(told().length).toBeGreaterThan(2);

    const [one, two] = [`${group}-1`, `${group}-2`];
    const seen = machinist("ssh", one, "--", "getent", "hosts", two);
    expect(seen.stdout, seen.stderr).toContain(two);
    const ssh = spawnSync("ssh", ["-F", join(folder, "ssh-config"), "-o", "BatchMode=yes", two, "hostname"], {
      encoding: "utf8",
    });
    expect(ssh.stdout.trim(), ssh.stderr).toBe(two);

    expect(machinist("stop", two).status).toBe(0);
    expect(told().at(-1)).toBe(`machine.stopped ${two}`);
    const reaped = machinist("reap", "--yes");
    expect(reaped.status, reaped.stdout + reaped.stderr).toBe(0);
    expect(told()).toEqual(expect.arrayContaining([`machine.removed ${one}`, `machine.removed ${two}`]));
    const audit = machinist("audit", "--json")
      .stdout.trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(audit.filter(({ type }) => type === "reason")).toHaveLength(2);
    // The killed run has begun and not ended.
    const ended = new Set(audit.flatMap(({ type, run }) => (type === "finished" ? [run] : [])));
    expect(audit.filter(({ type, run }) => type === "started" && !ended.has(run))).toHaveLength(1);
    expect(machinist("events", "-n", "1000").stdout).toContain(`reap: ${one}, ${two}`);
    expect(readdirSync(join(folder, "store", "hooks"))).toEqual([]);
  });
});
