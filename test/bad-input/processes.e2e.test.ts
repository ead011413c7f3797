import { spawnSync } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../repository/packages.ts";
import { testUnless } from "../skipped.ts";
import { engineOnly, expectFailure, expectNoInsides, Program } from "./program.ts";

/** Where the driver of machines that are files is found. */
const here = { cwd: root };
/** A boot that no test sees the end of, unless it says so. */
const slowMs = 3_600_000;

const manifestOf = (bootMs: number) =>
  `name: slow\ncontexts: false\nmachines:\n  m: { driver: simulated, engine: false, options: { boot-ms: ${bootMs} } }\n`;

describe("several processes, signals and pipes", () => {
  let program: Program;
  let manifest: string;
  beforeEach(() => {
    program = new Program();
    manifest = program.file("machines.yaml", manifestOf(slowMs));
  });
  afterEach(() => program.remove());

  /** An `up` that has begun to make its machine. */
  const begun = async (...more: string[]) => {
    const up = program.start(["up", "-f", manifest, ...more], here);
    const isWaiting = () => /waiting/.test(up.told.stdout) || up.child.exitCode !== null;
    await expect.poll(isWaiting, { message: "up begins to make its machine" }).toBe(true);
    return up;
  };

  /** The machine's boot comes to its end. */
  const boot = () => {
    const [path = "", text = ""] =
      Object.entries(program.saved()).find(([each]) => each.startsWith("cache/simulated/")) ?? [];
    const file = join(program.store, path);
    writeFileSync(`${file}.booted`, JSON.stringify({ ...JSON.parse(text), born: 0 }));
    renameSync(`${file}.booted`, file);
  };

  test("a second command on a machine that is worked on is refused by name and process; the first ends well", async () => {
    const first = await begun();
    const busy = { exit: 1, code: "store.locked", says: `process ${first.child.pid}` };
    expectFailure(await program.run(["up", "-f", manifest], here), { ...busy, hint: "Wait" });
    expectFailure(await program.run(["rm", "-y", "m-1"], here), { ...busy, says: "machine m-1" });
    expectFailure(await program.run(["down", "-y", "slow"], here), { ...busy, says: "fleet slow" });
    // Reading never waits, and others are nobody's business.
    expect((await program.must(["ls", "-t", "5"], here)).stdout).toMatch(/^m-1 .*simulated/m);
    await program.must([...engineOnly, "other"], here);
    boot();
    expect(await first.ended).toMatchObject({ exit: 0, stderr: "" });
    expect(await program.names()).toEqual(["m-1", "other"]);
  });

  test("many who make the same machine at once: one does, the others are refused, and there is one", async () => {
    const words = ["create", "-d", "simulated", "--simulated-boot-ms", "1000", "--no-engine", "same"];
    const ended = await Promise.all(Array.from({ length: 5 }, () => program.run(words, here)));
    const [won, ...lost] = ended.sort((a, b) => (a.exit ?? 9) - (b.exit ?? 9));
    expect(won).toMatchObject({ exit: 0 });
    for (const each of lost) {
      expect(each.stderr).toMatch(/\((store\.locked|machine\.exists)\)\nhint: /);
      expect(each.exit).toBe(1);
    }
    expect(Object.keys(program.saved()).filter((path) => path.startsWith("cache/simulated/"))).toHaveLength(1);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s in the middle of up: exit code 130, how to go on, and up goes on",
    async (signal) => {
      const first = await begun();
      first.child.kill(signal);
      // Long before the machine has booted.
      const ended = await first.ended;
      expect(ended.exit).toBe(130);
      expect(ended.stdout).toMatch(/Stopped in .*: 1 unfinished/);
      expect(ended.stderr).toContain(`Completed steps are kept. To resume: machinist up -f ${manifest}\n`);
      expectNoInsides(`${ended.stdout}${ended.stderr}`);
      boot();
      expect((await program.must(["up", "-f", manifest], here)).stdout).toMatch(/Done in/);
      expect((await program.must(["ls", "-t", "5"], here)).stdout).toMatch(/^m-1 .*running/m);
      expect(Object.keys(program.saved()).filter((path) => path.startsWith("cache/simulated/"))).toHaveLength(1);
    },
  );

  test("Ctrl-C with --json: the last line is the result, as JSON", async () => {
    const first = await begun("--json");
    first.child.kill("SIGINT");
    const { exit, stdout, stderr } = await first.ended;
    expect({ exit, stderr }).toEqual({ exit: 130, stderr: "" });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ type: "result", ok: false, cancelled: true });
  });

  test("killed, not asked: the next up takes over at once, without a lock to remove", async () => {
    const first = await begun();
    first.child.kill("SIGKILL");
    expect((await first.ended).exit).toBeNull();
    boot();
    await program.must(["up", "-f", manifest], here);
    expect(Object.keys(program.saved()).filter((path) => path.startsWith("cache/simulated/"))).toHaveLength(1);
  });

  test("a reader that goes away after a line does not keep the work from being done", async () => {
    program.file("machines.yaml", manifestOf(1000));
    const line = `"$0" "$1" up -f "$2" | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", line, process.execPath, program.entry, manifest], {
      ...here,
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: program.folder, MACHINE_STORAGE_PATH: program.store },
    });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/up slow: m-1\n0\n$/), stderr: "" });
    expect((await program.must(["ls", "-t", "5"], here)).stdout).toMatch(/^m-1 .*running/m);
  });

  const full = existsSync("/dev/full") ? undefined : "there is no /dev/full";
  testUnless(full, "an output that cannot be written is told, and is no success", async () => {
    for (const words of ["ls", "ls --json", "--version", "help", "help ls", "up --help"]) {
      const line = `"$0" "$1" ${words} > /dev/full`;
      const { status, stderr } = spawnSync("sh", ["-c", line, process.execPath, program.entry], {
        ...here,
        encoding: "utf8",
        env: { PATH: process.env.PATH, HOME: program.folder, MACHINE_STORAGE_PATH: program.store },
      });
      expect({ words, status, stderr }).toEqual({
        words,
        status: 1,
        stderr: expect.stringMatching(/^✗ [^\n]*: ENOSPC\n$/m),
      });
    }
  });

  test("an operation's errors with --json: each one object on stderr, the events and the result on stdout", async () => {
    const words = ["create", "--json", "-d", "simulated", "--simulated-fail", "--no-engine", "one", "two"];
    const { exit, stdout, stderr } = await program.run(words, here);
    expect(exit).toBe(1);
    const told = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told.map(({ type, id, code }) => [type, id, code]).sort()).toEqual([
      ["error", "one/instance", "simulated.refused"],
      ["error", "two/instance", "simulated.refused"],
    ]);
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
    expect(last).toMatchObject({ type: "result", ok: false, machines: [{ result: "failed" }, { result: "failed" }] });
  });
});
