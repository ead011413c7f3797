import { existsSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "../setup/child.mjs";
import { Refusal, say, workDir } from "../setup/clone.mjs";
import { runSuite } from "./suite.mjs";

/** Which Node of each line the tests are run with: programs that npm brings, so that nothing is installed globally. */
const pinned = { 22: "22.23.5", 24: "24.22.3" };

/**
 * @param {keyof typeof pinned} major
 * @returns {Promise<string>} Node's program, fetched into .work at first
 */
export async function ensureNode(major) {
  const version = pinned[major];
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(workDir, `node-${major}`);
  const program = join(folder, "node_modules", name, "bin/node");
  if ((await versionOf(program)) === version) return program;
  say(`Fetching Node ${version} into .work/node-${major}`);
  const flags = ["--no-save", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
  await must("npm", ["install", ...flags, "--prefix", folder, `${name}@${version}`], { minutes: 5 });
  const found = await versionOf(program);
  if (found !== version) throw new Refusal(`${name}@${version} brought ${found ?? "no program that runs here"}.`);
  return program;
}

/** @param {string} program */
async function versionOf(program) {
  if (!existsSync(program)) return undefined;
  const { code, output } = await run(program, ["--version"], { quiet: true, minutes: 1 });
  return code === 0 ? output.trim().replace(/^v/, "") : undefined;
}

/**
 * Run a suite with another Node than this one. Where that Node cannot be had (no network, a computer for which npm has none)
 * its tests are told as skipped, with the reason.
 * @param {keyof typeof pinned} major
 * @param {import("./suite.mjs").Suite} suite
 * @returns {Promise<import("./suite.mjs").SuiteResult>}
 */
export async function runUnderNode(major, suite) {
  try {
    return await runSuite({ ...suite, node: await ensureNode(major) });
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const reason = `Node ${pinned[major]} could not be fetched: ${firstSentence(thrown.message)}`;
    say(reason);
    return { result: notRun(`the ${suite.project} tests with Node ${major}`, reason), flaky: [] };
  }
}

/**
 * @param {string} name
 * @param {string} reason
 * @returns {import("./reporter.mjs").RunResult}
 */
const notRun = (name, reason) => ({
  files: [
    {
      file: name,
      ms: 0,
      processorSeconds: undefined,
      passed: 0,
      failures: [],
      skipped: [{ name, reason }],
      notApplicable: [],
    },
  ],
  errors: [],
});

/** Of npm's many lines, the first that is a sentence. @param {string} message */
const firstSentence = (message) =>
  /npm error (?!code |syscall |errno )(.+)/.exec(message)?.[1] ?? message.split("\n")[0] ?? "";
