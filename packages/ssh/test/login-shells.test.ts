import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { testWhere } from "../../../test/skipped.ts";
import { commandLine } from "../src/command-line.ts";

const SHELLS = ["sh", "bash", "zsh", "mksh", "tcsh", "fish", "elvish", "xonsh"];

const found = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Runs a program as sshd does for a user with this login shell; what our own shell says of its start is taken off. */
function run(shell: string, home: string, argv: readonly string[], input = ""): string {
  const { line, start } = commandLine(argv);
  const stdout = execFileSync(shell, ["-c", line], {
    input,
    env: { HOME: home, PATH: process.env.PATH ?? "" },
    stdio: ["pipe", "pipe", "ignore"],
    maxBuffer: 64 * 1024 * 1024,
  }).toString();
  expect(stdout).toContain(`${start}\n`);
  return stdout.slice(stdout.indexOf(start) + start.length + 1);
}

describe.each(SHELLS)("a user whose login shell is %s", (shell) => {
  const there = found(shell);
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "machinist-shell-"));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  testWhere(there, `no ${shell} here`, "runs programs with any arguments", () => {
    const odd = [
      "",
      "it's",
      'a "b"',
      "back\\slash\\\\",
      "$HOME ${x} $(id) `id`",
      "a!b !! !1",
      "~ * ? [a] {a,b}",
      "two\nlines\n",
      "%s\\n",
      "ä 日本",
      "--",
      "#",
      "=x",
    ];
    expect(
      run(shell, home, ["printf", "%s\\0", ...odd])
        .split("\0")
        .slice(0, -1),
    ).toEqual(odd);
    const anything = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""));
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 6 }), (args) => {
        expect(
          run(shell, home, ["printf", "%s\\0", ...args, "end"])
            .split("\0")
            .slice(0, -1),
        ).toEqual([...args, "end"]);
      }),
      { numRuns: shell === "xonsh" ? 3 : 30 },
    );
  });

  testWhere(there, `no ${shell} here`, "hands stdin and long arguments on", () => {
    const long = "x".repeat(60_000);
    expect(run(shell, home, ["sh", "-c", 'cat; echo "$1"', "sh", long], "from stdin ")).toBe(`from stdin ${long}\n`);
  });
});
