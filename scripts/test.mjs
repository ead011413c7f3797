/**
 * `npm test`: everything, from a bare clone. Sets up what is missing, builds, checks, runs every test and closes with
 * `N passed, N failed, N skipped`. `npm test -- --only=lint,unit` runs some stages.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureDebianPackages, fileOfDebianPackage, hasApt, hostTools, testTools } from "./setup/apt.mjs";
import { run } from "./setup/child.mjs";
import { isRoot, Refusal, say, script, workDir } from "./setup/clone.mjs";
import { buildPackages, installPackages, toolEnv } from "./setup/packages.mjs";

/** @typedef {import("./test/reporter.mjs").Count} Count */

const checks = {
  lint: ["biome", "check", "--error-on-warnings", "."],
  typecheck: ["tsc", "-p", "tsconfig.json"],
};
/** Deadlines in minutes, so that a stuck host ends as a failure and not as a build that never ends. */
const suites = { unit: 10, e2e: 40, alone: 10 };

const stages = [...Object.keys(checks), ...Object.keys(suites)];

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
 * @returns {Promise<Count>} no test of its own; one failure when it fails
 */
async function check(stage, [file, ...args]) {
  say(`\n== ${stage} (${[file, ...args].join(" ")})`);
  const { code, output } = await run(String(file), args, { env: toolEnv(), quiet: true, minutes: 8 });
  if (code !== 0) say(output.trimEnd());
  say(code === 0 ? "ok" : `${stage} failed`);
  return { passed: 0, failed: code === 0 ? 0 : 1, skipped: [], took: [] };
}

/**
 * @param {string} project of vitest.config.ts
 * @param {number} minutes
 * @returns {Promise<Count>}
 */
async function suite(project, minutes) {
  const file = join(workDir, `result-${project}.json`);
  rmSync(file, { force: true });
  const args = ["run", "--project", project, "--reporter=dot", "--reporter=./scripts/test/reporter.mjs"];
  say(`\n== ${project} tests (vitest ${args.slice(0, 3).join(" ")})`);
  const env = { ...toolEnv(), MACHINIST_TEST_RESULT: file };
  const { code } = await run("vitest", args, { env, minutes });
  /** @type {Count} */
  const count = existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : {
        passed: 0,
        failed: 1,
        skipped: [{ name: `the rest of ${project}`, reason: "the run ended before its end" }],
        took: [],
      };
  // A failure that no test owns: a worker that crashed, a pattern that matched no file.
  if (count.failed === 0 && (code !== 0 || count.passed === 0)) count.failed = 1;
  return count;
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
  if (chosen.includes("e2e") || chosen.includes("alone")) {
    const missing = await ensureDebianPackages([...hostTools, ...testTools]);
    await fetchSshd();
    if (missing.length > 0) say(`Missing on this machine, tests that need them skip: ${missing.join(" ")}`);
    if (!isRoot) say("Not root: tests with real hosts skip.");
  }
  await buildPackages();
}

/**
 * @param {readonly string[]} chosen
 * @param {Count} total counted up as stages end
 */
async function runStages(chosen, total) {
  for (const stage of chosen) {
    const count =
      stage in checks
        ? await check(stage, checks[/** @type {keyof typeof checks} */ (stage)])
        : await suite(stage, suites[/** @type {keyof typeof suites} */ (stage)]);
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped.push(...count.skipped);
    total.took.push(...count.took);
  }
}

async function main() {
  const chosen = chosenStages(process.argv.slice(2));
  /** @type {Count} */
  const total = { passed: 0, failed: 0, skipped: [], took: [] };
  try {
    await setUp(chosen);
    await runStages(chosen, total);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    say(thrown.message);
    total.failed += 1;
  }
  const slow = total.took.sort((a, b) => b.ms - a.ms).slice(0, 12);
  if (slow.length > 0) say("\nSlowest files:");
  for (const { file, ms } of slow) say(`  ${(ms / 1000).toFixed(0).padStart(4)} s  ${file}`);
  if (total.skipped.length > 0) say("\nSkipped:");
  for (const { name, reason } of total.skipped) say(`  ${name}${reason === "" ? "" : `: ${reason}`}`);
  say(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
  return total.failed === 0 ? 0 : 1;
}

await script(main);
