import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  test.each([
    [["--version"], 1.3],
    [["ls", "-q"], 2],
  ])("%j starts at most %f times as slowly as node itself", (argv, limit) => {
    const took = (...args: string[]) => {
      const start = performance.now();
      expect(node(...args).status).toBe(0);
      return performance.now() - start;
    };
    // The least of many, taken in turns: other work on the machine only ever adds.
    const pairs = Array.from({ length: 25 }, () => [took("-e", "0"), took(program, ...argv)] as const);
    const least = (index: 0 | 1) => Math.min(...pairs.map((pair) => pair[index]));
    expect(least(1) / least(0)).toBeLessThanOrEqual(limit);
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
