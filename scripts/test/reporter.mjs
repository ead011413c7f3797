import { renameSync, writeFileSync } from "node:fs";

/**
 * @typedef {{ name: string, reason: string }} Skipped
 * @typedef {{ name: string, error: string }} Failure error: the first line of what went wrong
 *
 * What the tests of one file came to.
 * @typedef {object} FileResult
 * @property {string} file relative to the clone
 * @property {number} ms wall time, set-up included
 * @property {number | undefined} processorSeconds of its process and its children's, hosts not among them
 * @property {number} passed
 * @property {Failure[]} failures
 * @property {Skipped[]} skipped tests that could run on another computer
 * @property {Skipped[]} notApplicable cases that cannot exist for what is tested
 *
 * @typedef {{ files: FileResult[], errors: string[] }} RunResult errors: those that belong to no file
 */

/** How a test says that it has nothing to test, anywhere, with the reason behind it: `context.skip("not applicable: …")`. */
const NOT_APPLICABLE = /^not applicable: /;
/** A suite that is skipped as a whole has no note, so it has its reason in its title (`test/skipped.ts`). */
const IN_TITLE = /\(skipped: (.*?)\)/;

/**
 * Writes what a vitest run came to as one JSON file, named by $MACHINIST_TEST_RESULT. A suite whose set-up failed
 * counts as a failure of its own: vitest shows its tests as skipped, as if nothing were wrong.
 */
export default class CountReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly import("vitest/node").SerializedError[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {RunResult} */
    const result = { files: modules.map(fileResult), errors: unhandledErrors.map(firstLine) };
    const file = process.env.MACHINIST_TEST_RESULT;
    if (file === undefined) return;
    // Whole or not at all: on a full disk half of it would be left.
    writeFileSync(`${file}.new`, JSON.stringify(result));
    renameSync(`${file}.new`, file);
  }
}

/**
 * @param {import("vitest/node").TestModule} module
 * @returns {FileResult}
 */
function fileResult(module) {
  const file = module.relativeModuleId;
  const { setupDuration, collectDuration, duration } = module.diagnostic();
  /** @type {FileResult} */
  const result = {
    file,
    ms: Math.round(setupDuration + collectDuration + duration),
    processorSeconds: module.meta().processorSeconds,
    passed: 0,
    failures: module.errors().map((error) => ({ name: file, error: firstLine(error) })),
    skipped: [],
    notApplicable: [],
  };
  for (const suite of module.children.allSuites())
    for (const error of suite.errors())
      result.failures.push({ name: `${file} > ${suite.fullName}`, error: firstLine(error) });
  for (const test of module.children.allTests()) countTest(result, `${file} > ${test.fullName}`, test.result());
  return result;
}

/**
 * @param {FileResult} result
 * @param {string} name
 * @param {import("vitest/node").TestResult} outcome
 */
function countTest(result, name, outcome) {
  if (outcome.state === "passed") result.passed += 1;
  else if (outcome.state === "failed")
    result.failures.push({ name, error: outcome.errors[0] ? firstLine(outcome.errors[0]) : "failed" });
  else {
    const reason = ("note" in outcome && outcome.note) || IN_TITLE.exec(name)?.[1] || "";
    const list = NOT_APPLICABLE.test(reason) ? result.notApplicable : result.skipped;
    list.push({ name, reason: reason.replace(NOT_APPLICABLE, "") });
  }
}

/** @param {{ message?: string }} error */
const firstLine = ({ message = "failed" }) => message.split("\n")[0] ?? "failed";
