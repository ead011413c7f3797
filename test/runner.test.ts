import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesToRunAgain, mergeRuns } from "../scripts/test/second-run.mjs";
import { root } from "./repository/packages.ts";

const file = (name: string, failures: string[], passed = 1) => ({
  file: name,
  ms: 10,
  processorSeconds: undefined,
  passed,
  failures: failures.map((each) => ({ name: each, error: `${each} broke` })),
  skipped: [],
  notApplicable: [],
});

test("only files with failures are run again, and none when many fail", () => {
  expect(filesToRunAgain({ files: [file("a", []), file("b", ["b > one"])], errors: [] })).toEqual(["b"]);
  const many = Array.from({ length: 7 }, (_, index) => file(`f${index}`, ["broke"]));
  expect(filesToRunAgain({ files: many, errors: [] })).toEqual([]);
});

test("what fails once and not twice is flaky; what fails twice is a failure", () => {
  const first = { files: [file("a", []), file("b", ["b > once", "b > twice"], 3)], errors: ["a worker crashed"] };
  const second = { files: [file("b", ["b > twice"], 4)], errors: [] };
  const { result, flaky } = mergeRuns(first, second);
  expect(flaky).toEqual([{ name: "b > once", error: "b > once broke" }]);
  expect(result.files.map(({ passed, failures }) => [passed, failures.length])).toEqual([
    [1, 0],
    [4, 1],
  ]);
  expect(result.errors, "what belongs to no file was not run again").toEqual(["a worker crashed"]);
});

test("the reporter counts what cannot exist apart, and a set-up that failed as a failure", () => {
  const folder = mkdtempSync(join(tmpdir(), "machinist-runner-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    copyFileSync(join(root, "test/repository/runner-sample.mjs"), join(folder, "sample.test.mjs"));
    const output = join(folder, "result.json");
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--root", folder, `--reporter=${join(root, "scripts/test/reporter.mjs")}`];
    const env = { ...process.env, MACHINIST_TEST_RESULT: output };
    expect(() => execFileSync(process.execPath, args, { cwd: folder, env, stdio: "pipe" })).toThrow();
    const { files } = JSON.parse(readFileSync(output, "utf8"));
    expect(files).toMatchObject([
      {
        file: "sample.test.mjs",
        passed: 1,
        failures: [
          { name: "sample.test.mjs > a suite whose set-up fails", error: "no host" },
          { name: "sample.test.mjs > fails" },
        ],
        skipped: [
          { name: "sample.test.mjs > is skipped", reason: "needs root" },
          { reason: "needs docker" },
          { name: expect.stringContaining("never runs"), reason: "" },
        ],
        notApplicable: [{ name: "sample.test.mjs > cannot exist", reason: "it has no power to switch" }],
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what the system refuses a script ends it in words, a fault of its own shows where it is", () => {
  const ends = (body: string) => {
    const clone = JSON.stringify(join(root, "scripts/setup/clone.mjs"));
    const code = `import { writeFileSync } from "node:fs"; import { script } from ${clone}; await script(async () => { ${body} });`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
    expect(status).toBe(1);
    return stderr;
  };
  // A file in what is no folder.
  const written = `writeFileSync(${JSON.stringify(join(root, "package.json", "x"))}, "")`;
  expect(ends(written)).toMatch(/^E(NOTDIR|NOENT): .*open '.*x'\n$/);
  expect(ends("JSON.parse('{')")).toMatch(/SyntaxError.*\n +at /s);
});
