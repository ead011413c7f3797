import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { must } from "../setup/child.mjs";
import { say } from "../setup/clone.mjs";
import { globalModules } from "./install.mjs";
import { readManifest } from "./published.mjs";

/**
 * Write down what an installation consists of, as npm itself tells it from what is on the disk (CycloneDX). npm tells it of
 * a package alone: the folder of global packages is made one, whose dependencies are what was installed.
 * @param {string} prefix
 * @param {string} name of the program: the file is called after it
 * @param {readonly string[]} names of the packages that were asked for; the first has its version in the file's name
 * @param {string} folder
 */
export async function writeBillOfMaterials(prefix, name, names, folder) {
  const modules = globalModules(prefix);
  const installed = names.map((each) => readManifest(join(modules, each)));
  const dependencies = Object.fromEntries(installed.map((each) => [each.name, each.version]));
  const version = installed[0]?.version ?? "";
  const manifest = { name: `${name}-installation`, version, private: true, dependencies };
  writeFileSync(join(dirname(modules), "package.json"), JSON.stringify(manifest));
  const output = await must("npm", ["sbom", "--sbom-format=cyclonedx"], { cwd: dirname(modules), minutes: 2 });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}-${version}.cdx.json`);
  // Warnings of npm's come before.
  const bill = output.slice(output.indexOf("{"));
  writeFileSync(file, bill);
  say(`\nWhat was installed: ${file} (${JSON.parse(bill).components.length} components)`);
}
