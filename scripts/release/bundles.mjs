import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { must } from "../setup/child.mjs";
import { Refusal, root } from "../setup/clone.mjs";
import { toolEnv } from "../setup/packages.mjs";
import { publishedPackages } from "./published.mjs";

/** @typedef {import("./published.mjs").Published} Published */

/** What a bundler reads at the root. */
const buildFiles = ["tsup.base.ts", "tsconfig.json", "tsconfig.base.json"];

/**
 * A package whose bundle has its version in it: at another version it is another bundle.
 * @param {string} folder
 */
const hasVersionInside = (folder) =>
  readFileSync(join(root, "packages", folder, "tsup.config.ts"), "utf8").includes("_VERSION");

/**
 * Third-party packages as in the clone, our own as in the copy: their versions are what ranges are made of.
 * @param {string} from a node_modules of the clone
 * @param {string} to that of the copy
 * @param {string} copy
 */
function linkDependencies(from, to, copy) {
  if (!existsSync(from)) return;
  for (const name of readdirSync(from).filter((each) => !each.startsWith("."))) {
    if (name.startsWith("@")) linkDependencies(join(from, name), join(to, name), copy);
    else {
      const real = realpathSync(join(from, name));
      const ours = dirname(real) === join(realpathSync(root), "packages");
      mkdirSync(to, { recursive: true });
      symlinkSync(ours ? join(copy, "packages", basename(real)) : real, join(to, name), "junction");
    }
  }
}

/**
 * @param {Published} to
 * @param {string} from the same package in the clone
 */
async function bundleAgain({ path }, from) {
  for (const name of ["src", "tsup.config.ts"]) cpSync(join(from, name), join(path, name), { recursive: true });
  await must("tsup", [], { cwd: path, env: toolEnv(), minutes: 3 });
  // The compiler has seen the same sources: declarations stay as they are.
  const declared = (/** @type {string} */ file) => !relative(from, file).includes(".") || file.endsWith(".d.ts");
  cpSync(join(from, "dist"), join(path, "dist"), { recursive: true, filter: declared });
}

/**
 * Put what is published into a copy that has its versions. Bundles come from the clone, which has them built.
 * @param {string} copy
 * @returns {Promise<string[]>} the packages that had to be bundled again, for their version is in the bundle
 */
export async function fillPackages(copy) {
  const all = publishedPackages(copy);
  for (const name of buildFiles) cpSync(join(root, name), join(copy, name));
  const again = all.filter(({ folder }) => hasVersionInside(folder));
  for (const { folder, path, manifest } of all) {
    const from = join(root, "packages", folder);
    if (!existsSync(join(from, "dist"))) throw new Refusal(`packages/${folder} is not built. Run: pnpm build`);
    const skipped = again.some((each) => each.folder === folder) ? ["dist"] : [];
    for (const name of ["README.md", ...(manifest.files ?? [])])
      if (!skipped.includes(name) && existsSync(join(from, name)))
        cpSync(join(from, name), join(path, name), { recursive: true });
    linkDependencies(join(from, "node_modules"), join(path, "node_modules"), copy);
  }
  await Promise.all(again.map((each) => bundleAgain(each, join(root, "packages", each.folder))));
  return again.map(({ folder }) => folder);
}
