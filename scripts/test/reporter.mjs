import { writeFileSync } from "node:fs";

/**
 * @typedef {{ name: string, reason: string }} Skipped
 * @typedef {{ file: string, ms: number }} Took
 * @typedef {{ passed: number, failed: number, skipped: Skipped[], took: Took[] }} Count took: wall time of each file
 */

/**
 * Writes what a vitest run came to as one JSON file, named by $MACHINIST_TEST_RESULT. A suite whose set-up failed
 * counts as a failure of its own: vitest shows its tests as skipped, as if nothing were wrong.
 */
export default class CountReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {Count} */
    const count = { passed: 0, failed: unhandledErrors.length, skipped: [], took: [] };
    for (const module of modules) {
      count.failed += module.errors().length;
      const { setupDuration, collectDuration, duration } = module.diagnostic();
      count.took.push({ file: module.relativeModuleId, ms: Math.round(setupDuration + collectDuration + duration) });
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") count.passed += 1;
        else if (result.state === "failed") count.failed += 1;
        else count.skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, reason: reasonOf(result) });
      }
    }
    const file = process.env.MACHINIST_TEST_RESULT;
    if (file !== undefined) writeFileSync(file, JSON.stringify(count));
  }
}

/** @param {import("vitest/node").TestResult} result */
const reasonOf = (result) => ("note" in result && result.note) || "";
