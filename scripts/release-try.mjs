/**
 * `pnpm release:try`: a first release with everything but the account. Versions are made from the changesets in a copy,
 * all packages are packed, published to a registry on this computer, installed from it into empty folders by npm, and run.
 * It works from a clean clone and leaves nothing behind.
 *
 * `--machine`: fail where no machine can be made with what was installed; `--no-machine`: make none.
 * `--sbom=FOLDER`: write there what each installation consists of (CycloneDX).
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { globalProgram, installGlobally, npmEnv } from "./release/install.mjs";
import { tryMachine, whyNoMachine } from "./release/machine.mjs";
import { rehearse } from "./release/rehearsal.mjs";
import { startUpMs, tarballLines } from "./release/report.mjs";
import { writeBillOfMaterials } from "./release/sbom.mjs";
import { sayInstalled, shellOf } from "./release/shell.mjs";
import { inTemporaryFolder } from "./release/temporary.mjs";
import { Refusal, say, script } from "./setup/clone.mjs";
import { buildPackages, installPackages } from "./setup/packages.mjs";

const flags = ["--machine", "--no-machine", "--sbom=FOLDER"];
const commandLine = ["@machinist/cli", "@machinist/driver-nspawn"];
const dropIn = ["@machinist/docker-machine", "@machinist/driver-nspawn"];
const sbomFlag = "--sbom=";

/** @param {readonly string[]} args */
function asked(args) {
  const sbom = args.find((arg) => arg.startsWith(sbomFlag))?.slice(sbomFlag.length);
  const unknown = args.filter((arg) => !flags.includes(arg) && !arg.startsWith(sbomFlag));
  if (unknown.length > 0 || sbom === "")
    throw new Refusal(`Unknown ${unknown.join(" ") || sbomFlag}. There are: ${flags.join(", ")}.`);
  const noMachine = args.includes("--no-machine") ? "--no-machine" : whyNoMachine();
  if (noMachine !== undefined && args.includes("--machine")) throw new Refusal(`No machine can be made: ${noMachine}.`);
  return { noMachine, sbom: sbom === undefined ? undefined : resolve(sbom) };
}

/**
 * @param {string} work
 * @param {NodeJS.ProcessEnv} env
 * @param {() => void} goOn
 * @param {string | undefined} noMachine why none
 */
async function tryCommandLine(work, env, goOn, noMachine) {
  const prefix = join(work, "cli");
  goOn();
  say(`\n== npm install --global ${commandLine.join(" ")}`);
  await installGlobally(prefix, commandLine, env);
  sayInstalled(prefix);
  const typed = shellOf(prefix, work, goOn);
  let failed = 0;
  for (const words of [["--version"], ["ls"], ["driver", "ls"]]) failed ||= await typed("machinist", ...words);
  const start = startUpMs(globalProgram(prefix, "machinist"), ["--version"]);
  const node = startUpMs(process.execPath, ["-e", "0"]);
  say(`\nmachinist --version takes ${start.toFixed(0)} ms, node -e 0 takes ${node.toFixed(0)} ms (medians of 11)`);
  if (noMachine !== undefined) say(`\nNo machine is made: ${noMachine}.`);
  else {
    const atLast = shellOf(prefix, work, () => {});
    failed ||= await tryMachine(
      join(work, "store"),
      (...words) => typed("machinist", ...words),
      (...words) => atLast("machinist", ...words),
    );
  }
  return failed;
}

/**
 * @param {string} work
 * @param {NodeJS.ProcessEnv} env
 * @param {() => void} goOn
 */
async function tryDropIn(work, env, goOn) {
  const prefix = join(work, "drop-in");
  goOn();
  say(`\n== npm install --global ${dropIn.join(" ")}`);
  await installGlobally(prefix, dropIn, env);
  sayInstalled(prefix);
  const typed = shellOf(prefix, work, goOn);
  let failed = 0;
  for (const words of [["--version"], ["create", "--driver", "nspawn", "--help"], ["ls"]])
    failed ||= await typed("docker-machine", ...words);
  return failed;
}

async function main() {
  const { noMachine, sbom } = asked(process.argv.slice(2));
  await installPackages();
  await buildPackages();
  return inTemporaryFolder("machinist-release", async (work, goOn) => {
    const rehearsed = await rehearse(work, (step) => {
      goOn();
      say(step);
    });
    try {
      say(`\n${tarballLines(rehearsed.packed).join("\n")}`);
      const env = npmEnv(work, rehearsed.registry);
      const home = join(work, "home");
      mkdirSync(home);
      const failed = await tryCommandLine(home, env, goOn, noMachine);
      if (sbom !== undefined) await writeBillOfMaterials(join(home, "cli"), "machinist", commandLine, sbom);
      const failedToo = failed || (await tryDropIn(home, env, goOn));
      if (sbom !== undefined) await writeBillOfMaterials(join(home, "drop-in"), "docker-machine", dropIn, sbom);
      return failedToo;
    } finally {
      rehearsed.close();
    }
  });
}

await script(async () => {
  const code = await main();
  say(
    code === 0
      ? "\nReleasable. What is left needs an account: docs/releasing.md"
      : `\nNot releasable: a command failed with exit code ${code}.`,
  );
  return code === 0 ? 0 : 1;
});
