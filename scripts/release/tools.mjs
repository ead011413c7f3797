import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { run } from "../setup/child.mjs";
import { Refusal, say, workDir } from "../setup/clone.mjs";

/**
 * A registry, and npm's own code for publishing: the newest that run on Node 20. They are tools of the rehearsal alone,
 * and would double the lock file.
 * Later 2.x of node-fetch ask for a package of encodings that nobody here needs.
 */
const manifest = {
  private: true,
  dependencies: { libnpmpublish: "11.2.1", verdaccio: "6.8.0" },
  overrides: { "node-fetch": "2.6.7" },
};

const folder = join(workDir, "release-tools");

/**
 * @param {[string, string]} dependency
 * @returns {boolean} whether it is there in just that version
 */
function isInstalled([name, version]) {
  const path = join(folder, "node_modules", name, "package.json");
  return existsSync(path) && JSON.parse(readFileSync(path, "utf8")).version === version;
}

/** Fetch them into .work, where they are missing. */
export async function ensureReleaseTools() {
  if (Object.entries(manifest.dependencies).every(isInstalled)) return;
  say("Fetching verdaccio and libnpmpublish into .work/release-tools");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const flags = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--prefer-offline"];
  const { code, output } = await run("npm", ["install", ...flags], { cwd: folder, quiet: true, minutes: 5 });
  if (code !== 0)
    throw new Refusal(`${output.trimEnd()}\nThe registry to try on (verdaccio) cannot be fetched: is there a network?`);
}

/** Loads one of them by its name. */
export const releaseTool = createRequire(join(folder, "package.json"));
