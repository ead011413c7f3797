import { existsSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { run } from "../setup/child.mjs";
import { say, workDir } from "../setup/clone.mjs";
import { toolEnv } from "../setup/packages.mjs";
import { filesToRunAgain, mergeRuns } from "./second-run.mjs";

/**
 * @typedef {import("./reporter.mjs").RunResult} RunResult
 * @typedef {{ result: RunResult, flaky: import("./second-run.mjs").Flaky[] }} SuiteResult
 *
 * @typedef {object} Suite
 * @property {string} project of vitest.config.ts
 * @property {number} minutes deadline, so that a stuck host ends as a failure and not as a build that never ends
 * @property {boolean} [again] run files with failures once more
 * @property {string} [node] the Node to run it with, which its children find first on PATH; default: this one
 */

/**
 * @param {Suite} suite
 * @returns {Promise<SuiteResult>}
 */
export async function runSuite(suite) {
  const first = await vitest(suite, []);
  const files = suite.again ? filesToRunAgain(first) : [];
  if (files.length === 0) return { result: first, flaky: [] };
  say(`\n== once more, as they failed: ${files.join(" ")}`);
  return mergeRuns(first, await vitest(suite, files));
}

/** What ends vitest before it can count is told in its own output, above; the likeliest is a full disk. @param {string} project */
const cutShort = (project) => {
  const { bavail, bsize } = statfsSync(workDir);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  return `the ${project} tests were interrupted, see above (${free} MiB are free in .work)`;
};

/**
 * @param {Suite} suite
 * @param {readonly string[]} files none: all
 * @returns {Promise<RunResult>}
 */
async function vitest({ project, minutes, node = process.execPath }, files) {
  const output = join(workDir, `result-${project}${files.length > 0 ? "-again" : ""}.json`);
  rmSync(output, { force: true });
  const args = ["run", "--project", project, "--reporter=dot", "--reporter=./scripts/test/reporter.mjs", ...files];
  say(`\n== ${project} tests (vitest ${args.slice(0, 3).join(" ")})`);
  const tools = toolEnv();
  const env = { ...tools, PATH: [dirname(node), tools.PATH].join(delimiter), MACHINIST_TEST_RESULT: output };
  const { code } = await run(node, ["node_modules/vitest/vitest.mjs", ...args], { env, minutes });
  if (!existsSync(output)) return { files: [], errors: [cutShort(project)] };
  /** @type {RunResult} */
  const result = JSON.parse(readFileSync(output, "utf8"));
  // A failure that no test owns: a worker that crashed, a pattern that matched no file.
  const failures = result.files.reduce((sum, each) => sum + each.failures.length, result.errors.length);
  if (failures === 0 && code !== 0) result.errors.push(`vitest ended with exit code ${code}`);
  // Of files that failed before, none may pass.
  if (files.length === 0 && result.files.every(({ passed }) => passed === 0))
    result.errors.push(`no test of ${project} ran`);
  return result;
}
