/**
 * Declarations of all packages, beside their bundles. One compiler reads the workspace once: a bundler that makes them
 * package by package reads most of it again for each, which took five times as long as all else of the build.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { must } from "./setup/child.mjs";
import { root, script, workDir } from "./setup/clone.mjs";
import { toolEnv } from "./setup/packages.mjs";

const made = join(workDir, "types");

/** A module of the package's own that a declaration speaks of, by its source's name. */
const ownModule = /((?:from|import) ?\(?")(\.{1,2}\/[^"]+)\.tsx?"/g;

/**
 * Publish what an entry says, and what that speaks of.
 * @param {string} name of the package's folder
 * @param {string} path of a declaration, below dist
 * @param {Set<string>} done
 */
function publish(name, path, done) {
  if (done.has(path)) return;
  done.add(path);
  const text = readFileSync(join(made, name, "src", path), "utf8");
  for (const [, , module] of text.matchAll(ownModule)) publish(name, join(dirname(path), `${module}.d.ts`), done);
  const to = join(root, "packages", name, "dist", path);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text.replace(ownModule, '$1$2.js"'));
}

/** @param {string} name */
function entriesOf(name) {
  const { exports } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
  const all = /** @type {(string | { types?: string })[]} */ (Object.values(exports ?? {}));
  const types = all.flatMap((each) => (typeof each === "object" && each.types ? [each.types] : []));
  return types.map((path) => path.replace("./dist/", ""));
}

await script(async () => {
  rmSync(made, { recursive: true, force: true });
  await must("tsc", ["-p", "tsconfig.types.json"], { env: toolEnv(), minutes: 5 });
  for (const name of readdirSync(made).filter((each) => existsSync(join(root, "packages", each, "dist")))) {
    const done = new Set();
    for (const path of entriesOf(name)) publish(name, path, done);
  }
  return 0;
});
