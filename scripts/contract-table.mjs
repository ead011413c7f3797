/**
 * `pnpm contract-table`: runs the contract suite of every driver and prints who passes what. `--storms=500` makes a campaign
 * of its storms, `--driver=amazonec2` asks one driver alone.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./setup/child.mjs";
import { Refusal, root, say, script } from "./setup/clone.mjs";
import { toolEnv } from "./setup/packages.mjs";

/** @typedef {{ title: string, status: string, failureMessages: string[] }} Case one assertion of vitest's JSON report */

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
 */
async function resultsOf(project, files, folder) {
  if (files.length === 0) return [];
  const output = join(folder, `${project}.json`);
  const storms = flag("storms");
  const args = ["run", "--project", project, "--reporter=json", `--outputFile=${output}`, ...files];
  const env = { ...toolEnv(), ...(storms ? { MACHINIST_STORMS: storms } : {}) };
  const { output: said } = await run("vitest", args, { env, minutes: 120, quiet: true });
  for (const line of said.split("\n")) if (/^driver \S+: \{/.test(line)) say(line);
  /** @type {{ testResults: { assertionResults: Case[] }[] }} */
  const report = JSON.parse(readFileSync(output, "utf8"));
  return report.testResults.flatMap(({ assertionResults }) => assertionResults);
}

/** Titles are `DRIVER: CASE`, or `DRIVER: CASE (skipped: REASON)`. */
const titled = /^([a-z0-9]+): (.*?)(?: \(skipped: (.*)\))?$/s;

/** @param {readonly Case[]} all */
function tableOf(all) {
  /** @type {Map<string, Map<string, string>>} */
  const cases = new Map();
  /** @type {string[]} */
  const reasons = [];
  /** @type {Set<string>} */
  const drivers = new Set();
  for (const { title, status } of all) {
    const [, driver, name, reason] = titled.exec(title) ?? [];
    if (driver === undefined || name === undefined || name === "every skip names a case") continue;
    drivers.add(driver);
    const word =
      status === "passed"
        ? "passed"
        : reason === undefined
          ? status.toUpperCase()
          : `skip ${reasons.push(`${driver}: ${name}: ${reason}`)}`;
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
    const results = [...(await resultsOf("unit", unit, folder)), ...(await resultsOf("e2e", e2e, folder))];
    for (const line of tableOf(results)) say(line);
    for (const { title, failureMessages } of results.filter(({ status }) => status === "failed"))
      say(`\n${title}\n${failureMessages.join("\n")}`);
    return results.some(({ status }) => status === "failed") ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
