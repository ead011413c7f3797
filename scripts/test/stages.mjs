/** What `npm test` consists of, by the names that `--only=` takes, in the order in which they run. */

/** Commands that are no tests of their own. */
export const checks = {
  lint: ["biome", "check", "--error-on-warnings", "."],
  typecheck: ["tsc", "-p", "tsconfig.json"],
};

/**
 * Deadlines are for what is stuck: a computer with other things to do may take three times as long as one without.
 * @type {Record<string, import("./suite.mjs").Suite>}
 */
export const suites = {
  unit: { project: "unit", minutes: 20 },
  e2e: { project: "e2e", minutes: 60, again: true },
};

/** The unit tests under later versions of Node than the oldest. @type {Record<string, 22 | 24>} */
export const nodes = { node22: 22, node24: 24 };

export const stages = [...Object.keys(checks), "unit", ...Object.keys(nodes), "e2e"];
