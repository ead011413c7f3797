/**
 * `pnpm contract-table`: runs the contract suite of every driver and prints who passes what. `--fault-runs=500` makes a campaign
 * of its runs with random faults, `--kills=12` kills each case's run at so many points, `--driver=amazonec2` asks one driver alone.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./setup/child.mjs";
import { Refusal, root, say, script } from "./setup/clone.mjs";
import { toolEnv } from "./setup/packages.mjs";

/**
 * @typedef {{ title: string, status: string, failureMessages: string[], meta?: { notApplicable?: string } }} Case one assertion
 * of vitest's JSON report
 */

/** @param {string} name */
const flag = (name) => process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

/** Where the suites are called. */
function suiteFiles() {
  const only = flag("driver");
  const places = ["packages", "examples"].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => `${top}/${name}`),
  );
  const files = places
    .filter((place) => only === undefined || place.endsWith(`driver-${only}`))
    .flatMap((place) =>
      existsSync(join(root, place, "test"))
        ? readdirSync(join(root, place, "test"))
            .filter((name) => /\.test\.ts$/.test(name))
            .map((name) => `${place}/test/${name}`)
        : [],
    )
    .filter((path) => readFileSync(join(root, path), "utf8").includes("testDriver("));
  if (files.length === 0) throw new Refusal(`There is no driver ${only} with a suite.`);
  return files;
}

/**
 * @param {string} project
 * @param {readonly string[]} files
 * @param {string} folder
 * @param {{ faultRuns?: string, only?: string }} [which] how many runs with random faults, and the one case to run
 */
async function resultsOf(project, files, folder, { faultRuns, only } = {}) {
  if (files.length === 0) return [];
  const output = join(folder, `${project}-${faultRuns ?? "usual"}.json`);
  // Not intercepted, what the suites tell of their fault runs comes through; the JSON report leaves it out.
  const reported = ["--reporter=json", `--outputFile=${output}`, "--disableConsoleIntercept"];
  const args = ["run", "--project", project, ...reported, ...(only ? ["-t", only] : []), ...files];
  const kills = flag("kills");
  const more = {
    ...(faultRuns ? { MACHINIST_FAULT_RUNS: faultRuns } : {}),
    ...(kills ? { MACHINIST_KILLS: kills } : {}),
  };
  const env = { ...toolEnv(), ...more };
  const { output: said } = await run("vitest", args, { env, minutes: 120, quiet: true });
  for (const line of said.split("\n")) if (/^driver \S+: \{/.test(line)) say(line);
  if (!existsSync(output)) throw new Refusal(`${said.trimEnd()}\nThe suites of ${project} came to no end.`);
  /** @type {{ testResults: { assertionResults: Case[] }[] }} */
  const report = JSON.parse(readFileSync(output, "utf8"));
  return report.testResults.flatMap(({ assertionResults }) => assertionResults);
}

/** A provider that has seen many lives answers ever more slowly: a campaign gives each part a new one. */
const LIVES_OF_A_PROVIDER = 50;

/**
 * The further parts of a campaign, as many at once as there are processors.
 * @param {string} project
 * @param {readonly string[]} files
 * @param {string} folder
 * @param {number} lives
 */
async function campaign(project, files, folder, lives) {
  const parts = Array.from({ length: Math.ceil(lives / LIVES_OF_A_PROVIDER) - 1 }, (_, index) => {
    const first = (index + 1) * LIVES_OF_A_PROVIDER + 1;
    return `${first}-${Math.min(lives, first + LIVES_OF_A_PROVIDER - 1)}`;
  });
  /** @type {Case[]} */
  const failures = [];
  const work = async () => {
    for (let faultRuns = parts.shift(); faultRuns !== undefined; faultRuns = parts.shift()) {
      const results = await resultsOf(project, files, folder, { faultRuns, only: "with random faults, killed" });
      failures.push(...results.filter(({ status }) => status === "failed"));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return failures;
}

/**
 * @param {string} project
 * @param {readonly string[]} files
 * @param {string} folder
 */
async function allOf(project, files, folder) {
  const lives = Number(flag("fault-runs") ?? 0);
  const faultRuns = lives > 0 ? { faultRuns: String(Math.min(lives, LIVES_OF_A_PROVIDER)) } : {};
  const results = await resultsOf(project, files, folder, faultRuns);
  if (files.length === 0 || lives <= LIVES_OF_A_PROVIDER) return results;
  return [...results, ...(await campaign(project, files, folder, lives))];
}

/** Titles are `DRIVER: CASE`. */
const titled = /^([a-z0-9]+): (.*)$/s;

/** @param {readonly Case[]} all */
function tableOf(all) {
  /** @type {Map<string, Map<string, string>>} */
  const cases = new Map();
  /** @type {string[]} */
  const reasons = [];
  /** @type {Set<string>} */
  const drivers = new Set();
  for (const { title, status, meta } of all) {
    const [, driver, name] = titled.exec(title) ?? [];
    if (driver === undefined || name === undefined || name === "every case that is not applicable is one") continue;
    drivers.add(driver);
    const reason = meta?.notApplicable;
    const word =
      status === "passed"
        ? "passed"
        : reason === undefined
          ? status.toUpperCase()
          : `not applicable ${reasons.push(`${driver}: ${name}: ${reason}`)}`;
    cases.set(name, (cases.get(name) ?? new Map()).set(driver, word));
  }
  const names = [...drivers].sort();
  return [
    `| Case | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---").join("|")}|`,
    ...[...cases].map(([name, row]) => `| ${name} | ${names.map((driver) => row.get(driver) ?? "").join(" | ")} |`),
    "",
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
  ];
}

await script(async () => {
  const files = suiteFiles();
  const folder = mkdtempSync(join(tmpdir(), "machinist-table-"));
  try {
    const e2e = files.filter((path) => path.endsWith(".e2e.test.ts"));
    const unit = files.filter((path) => !path.endsWith(".e2e.test.ts"));
    const results = [...(await allOf("unit", unit, folder)), ...(await allOf("e2e", e2e, folder))];
    for (const line of tableOf(results)) say(line);
    for (const { title, failureMessages } of results.filter(({ status }) => status === "failed"))
      say(`\n${title}\n${failureMessages.join("\n")}`);
    return results.some(({ status }) => status === "failed") ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
