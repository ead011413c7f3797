import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/clone.mjs";

const begin = "<!-- packages:begin";
const end = "<!-- packages:end -->";

/** The order of the table: what people install first, then what it is made of. */
const rank = (/** @type {string} */ name) => {
  const first = ["cli", "fleet", "driver-", "testkit"].findIndex((start) => name.startsWith(start));
  return first === -1 ? 99 : first;
};

/** What every published package is for, by its own description. */
export function packageTable() {
  const rows = readdirSync(join(root, "packages"))
    .filter((folder) => existsSync(join(root, "packages", folder, "package.json")))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")),
    }))
    .filter(({ manifest }) => !manifest.private)
    .sort((a, b) => rank(a.folder) - rank(b.folder) || a.folder.localeCompare(b.folder))
    .map(({ folder, manifest }) => `| [${manifest.name}](packages/${folder}) | ${manifest.description} |`);
  return ["| Package | |", "|---|---|", ...rows].join("\n");
}

/**
 * @param {string} readme
 * @param {string} table
 */
export function withPackageTable(readme, table) {
  const from = readme.indexOf("\n", readme.indexOf(begin));
  const to = readme.indexOf(end);
  if (!readme.includes(begin) || to < from) throw new Error("README.md has lost the marks of its package table");
  return `${readme.slice(0, from)}\n${table}\n${readme.slice(to)}`;
}
