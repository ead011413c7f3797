import { expect, test } from "vitest";
import { filesBelow, packages, readText } from "./repository/packages.ts";

const self = "test/test-files.test.ts";
const files = ["test", ...packages().map(({ folder }) => `packages/${folder}/test`)]
  .flatMap((folder) => filesBelow(folder, [".test.ts", ".test.tsx", ".figures.ts"]))
  .filter((path) => path !== self);
const holding = (pattern: RegExp) => files.filter((path) => pattern.test(readText(path)));

test("no test is skipped without a reason", () => {
  expect(files.length).toBeGreaterThan(100);
  expect(holding(/\b(?:test|it|describe)\.(?:skipIf|runIf|skip|todo|only)\b|\bskip\(\)/)).toEqual([]);
});

test("no test puts another module in the place of one: files of a process share theirs, whoever imports them first", () => {
  expect(holding(/\bvi\.(?:do)?mock\(/i)).toEqual([]);
});
