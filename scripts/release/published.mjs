import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/clone.mjs";

/**
 * What a release reads of a package.json.
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {string[]} [files]
 * @property {Record<string, unknown>} [publishConfig]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 *
 * @typedef {{ folder: string, path: string, manifest: Manifest }} Published
 */

/**
 * @param {string} folder of a package
 * @returns {Manifest}
 */
export const readManifest = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/**
 * The packages that users can install, by the names of their folders.
 * @param {string} [from] root of a clone, or of a copy of it
 * @returns {Published[]}
 */
export function publishedPackages(from = root) {
  return readdirSync(join(from, "packages"))
    .filter((folder) => existsSync(join(from, "packages", folder, "package.json")))
    .sort()
    .map((folder) => ({ folder, path: join(from, "packages", folder) }))
    .map((each) => ({ ...each, manifest: readManifest(each.path) }))
    .filter(({ manifest }) => !manifest.private);
}
