import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { must } from "./child.mjs";
import { manifest, Refusal, root, say, workDir } from "./clone.mjs";

const pnpmVersion = manifest.packageManager.replace(/^pnpm@/, "").replace(/\+.*$/, "");
const pnpmFolder = join(workDir, "pnpm");

/** Environment for children: this clone's tools come first, and nothing asks a question. */
export const toolEnv = () => ({
  ...process.env,
  CI: process.env.CI ?? "true",
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  // Runners colour their output where CI is set, also into a file.
  ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
  PATH: [join(pnpmFolder, "node_modules/.bin"), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
});

/** Refuse a Node that is too old with a sentence, before anything fails with a stack trace. */
export function requireNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) throw new Refusal(`Node ${manifest.engines.node} is needed; this is ${process.versions.node}.`);
}

/** pnpm in the version that package.json names, inside the clone: nothing is installed globally. */
async function ensurePnpm() {
  const installed = join(pnpmFolder, "node_modules/pnpm/package.json");
  if (existsSync(installed) && JSON.parse(readFileSync(installed, "utf8")).version === pnpmVersion) return;
  say(`Fetching pnpm ${pnpmVersion} into .work/pnpm`);
  const flags = ["--no-save", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
  await must("npm", ["install", ...flags, "--prefix", pnpmFolder, `pnpm@${pnpmVersion}`], { minutes: 5 });
}

/** Every dependency, exactly as the lock file says. */
export async function installPackages() {
  requireNode();
  await ensurePnpm();
  say("Installing packages (pnpm install --frozen-lockfile)");
  await must("pnpm", ["install", "--frozen-lockfile", "--prefer-offline"], { env: toolEnv(), minutes: 10 });
}

/** The bundles of all packages; those that are up to date come from turbo's cache. */
export async function buildPackages() {
  say("Building (turbo run build)");
  await must("turbo", ["run", "build", "--output-logs=errors-only"], { env: toolEnv(), minutes: 10 });
  await must("node", ["scripts/types.mjs"], { env: toolEnv(), minutes: 5 });
}
