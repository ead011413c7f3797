import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packedCommand } from "../../../scripts/setup/packed.mjs";

const program = packedCommand("machinist");

/** The published program as a process of its own. */
describe("the program", () => {
  let store = "";
  beforeAll(() => {
    store = mkdtempSync(join(tmpdir(), "machinist-program-"));
    for (let index = 0; index < 100; index++) {
      mkdirSync(join(store, "machines", `node-${index}`), { recursive: true });
      writeFileSync(join(store, "machines", `node-${index}`, "record.json"), "{}");
    }
  });
  afterAll(() => rmSync(store, { recursive: true, force: true }));

  // What a machine sets for its own sake costs every start of Node the same and blurs the ratio.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const node = (...args: string[]) =>
    spawnSync(process.execPath, args, { env: { ...env, MACHINE_STORAGE_PATH: store }, encoding: "utf8" });

  test("verifies certificates, and says so, where the environment would have it not", () => {
    const options = {
      env: { ...env, MACHINE_STORAGE_PATH: store, NODE_TLS_REJECT_UNAUTHORIZED: "0" },
      encoding: "utf8",
    } as const;
    const { stderr } = spawnSync(process.execPath, [program, "driver", "ls", "--json"], options);
    expect(stderr).toContain("NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored");
    // Node's own warning comes with the first connection that is not verified.
    expect(stderr).not.toContain("insecure");
  });

  describe("quick answers", () => {
    let alone = "";
    beforeAll(() => {
      const folder = dirname(dirname(realpathSync(program)));
      const copy = mkdtempSync(join(tmpdir(), "machinist-first-file-"));
      // The command's first file, and nothing of what it loads for anything else: no bundle, no package.
      for (const file of ["bin/machinist.cjs", "dist/bin.cjs"]) cpSync(join(folder, file), join(copy, file));
      alone = join(copy, "bin/machinist.cjs");
    });
    afterAll(() => rmSync(dirname(dirname(alone)), { recursive: true, force: true }));

    test.each([[["--version"]], [["ls", "-q"]]])("%j needs the first file only", (argv) => {
      const { status, stdout, stderr } = node(alone, ...argv);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toBe(node(program, ...argv).stdout);
      // Were it not the only one, this would show it.
      expect(node(alone, "ls").status).not.toBe(0);
    });

    test("that file is small", () => {
      expect(statSync(join(dirname(alone), "../dist/bin.cjs")).size).toBeLessThan(20_000);
    });

    test.each([[["--version"]], [["ls", "-q"]]])("%j loads few modules of node's own, and no stream", (argv) => {
      const say = 'process.on("exit", () => require("fs").writeSync(2, JSON.stringify(process.moduleLoadList)))';
      const probe = join(dirname(alone), "probe.cjs");
      writeFileSync(probe, say);
      const loaded = (...args: string[]) => JSON.parse(node("--require", probe, ...args).stderr) as string[];
      writeFileSync(join(dirname(alone), "nothing.cjs"), "");
      const bare = new Set(loaded(join(dirname(alone), "nothing.cjs")));
      // How node finds modules is its own business, and differs from one version to the next.
      const more = loaded(program, ...argv).filter(
        (name) => !bare.has(name) && !/internal\/(modules|source_map)/.test(name),
      );
      console.info(`${argv.join(" ")} loads ${more.length} modules more than nothing: ${more.join(", ")}`);
      expect(more.length).toBeLessThanOrEqual(5);
      expect(more.filter((name) => /stream|net|tls|http|tty|child_process|crypto/.test(name))).toEqual([]);
    });
  });

  test("a reader that goes away is no error", () => {
    for (const argv of ["ls -q", "help", "create --help"]) {
      const line = `"${process.execPath}" "${program}" ${argv} | true; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync("bash", ["-c", line], {
        env: { ...env, MACHINE_STORAGE_PATH: store },
        encoding: "utf8",
      });
      expect({ argv, stdout, stderr }).toEqual({ argv, stdout: "0\n", stderr: "" });
    }
  });

  test("errors, exit codes and streams", () => {
    expect(node(program, "lss")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: .*unknown-command/),
    });
    expect(node(program, "ip", "nope")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("machine.unknown"),
    });
  });
});
