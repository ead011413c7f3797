/**
 * `npm test`: everything, from a bare clone. Sets up what is missing, builds, checks, runs every test and closes with
 * `N passed, N failed, N skipped`. `npm test -- --only=lint,unit` runs some stages.
 */
import { existsSync, mkdirSync } from "node:fs";
import { ensureDebianPackages, fileOfDebianPackage, hasApt, hostTools, testTools } from "./setup/apt.mjs";
import { run } from "./setup/child.mjs";
import { isRoot, Refusal, say, script, workDir } from "./setup/clone.mjs";
import { fetchComposes } from "./setup/compose.mjs";
import { buildPackages, installPackages, toolEnv } from "./setup/packages.mjs";
import { preparePacked } from "./setup/packed.mjs";
import { runUnderNode } from "./test/node-versions.mjs";
import { startWatch } from "./test/processor-time.mjs";
import { checks, nodes, stages, suites } from "./test/stages.mjs";
import { runSuite } from "./test/suite.mjs";
import { printSummary } from "./test/summary.mjs";

/** @param {readonly string[]} args */
function chosenStages(args) {
  const only =
    args
      .find((arg) => arg.startsWith("--only="))
      ?.slice("--only=".length)
      .split(",") ?? stages;
  const unknown = only.filter((stage) => !stages.includes(stage));
  if (unknown.length > 0) throw new Refusal(`Unknown stage ${unknown.join(", ")}. There are: ${stages.join(", ")}.`);
  return stages.filter((stage) => only.includes(stage));
}

/**
 * @param {string} stage
 * @param {readonly string[]} command
 * @returns {Promise<string[]>} its failure, if it failed
 */
async function check(stage, [file, ...args]) {
  say(`\n== ${stage} (${[file, ...args].join(" ")})`);
  const { code, output } = await run(String(file), args, { env: toolEnv(), quiet: true, minutes: 8 });
  if (code !== 0) say(output.trimEnd());
  say(code === 0 ? "ok" : `${stage} failed`);
  return code === 0 ? [] : [`${stage} failed`];
}

/** OpenSSH's server for tests, and the library it wants: unpacked, for installed it would serve this computer. */
async function fetchSshd() {
  if (!isRoot || !hasApt() || existsSync("/usr/sbin/sshd")) return;
  await fileOfDebianPackage("openssh-server", "usr/sbin/sshd");
  await fileOfDebianPackage("libwrap0", "usr/share/doc/libwrap0/copyright");
}

/** @param {readonly string[]} chosen */
async function setUp(chosen) {
  say(
    `Sets up what is missing, builds, then: ${chosen.join(", ")}. Real hosts are booted on this machine if it is root.`,
  );
  mkdirSync(workDir, { recursive: true });
  await installPackages();
  await fetchComposes();
  const startsPrograms = chosen.includes("e2e");
  if (startsPrograms) {
    const missing = await ensureDebianPackages([...hostTools, ...testTools]);
    await fetchSshd();
    if (missing.length > 0) say(`Missing on this machine, tests that need them skip: ${missing.join(" ")}`);
    if (!isRoot) say("Not root: tests with real hosts skip.");
  }
  await buildPackages();
  if (startsPrograms) await preparePacked();
}

/** @param {string} stage */
function runTests(stage) {
  const major = nodes[stage];
  if (major !== undefined) return runUnderNode(major, { project: "node", minutes: 20 });
  const suite = suites[stage];
  if (suite === undefined) throw new Error(`no suite for the stage ${stage}`);
  return runSuite(suite);
}

/**
 * @param {readonly string[]} chosen
 * @param {import("./test/summary.mjs").Total} total counted up as stages end
 */
async function runStages(chosen, total) {
  for (const stage of chosen) {
    if (stage in checks) total.errors.push(...(await check(stage, checks[/** @type {keyof typeof checks} */ (stage)])));
    else {
      const { result, flaky } = await runTests(stage);
      total.files.push(...result.files);
      total.errors.push(...result.errors);
      total.flaky.push(...flaky);
    }
  }
}

async function main() {
  const chosen = chosenStages(process.argv.slice(2));
  const took = startWatch();
  /** @type {import("./test/summary.mjs").Total} */
  const total = { files: [], errors: [], flaky: [] };
  try {
    await setUp(chosen);
    await runStages(chosen, total);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    total.errors.push(thrown.message);
  }
  return printSummary(total, { isRoot, took: took() }) === 0 ? 0 : 1;
}

await script(main);
