import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { must } from "../setup/child.mjs";
import { toolEnv } from "../setup/packages.mjs";
import { publishedPackages } from "./published.mjs";

/** @typedef {{ name: string, version: string, filename: string }} Packed */

/**
 * Pack every package of a copy that has versions and bundles, in one run of pnpm.
 * @param {string} copy
 * @param {string} into folder for the tarballs
 * @returns {Promise<Packed[]>} in the order of their names
 */
export async function packAll(copy, into) {
  mkdirSync(into, { recursive: true });
  const chosen = publishedPackages(copy).map(({ manifest }) => `--filter=${manifest.name}`);
  const args = [...chosen, "pack", "--json", "--pack-destination", into];
  const output = await must("pnpm", ["--recursive", ...args], { cwd: copy, env: toolEnv(), minutes: 3 });
  /** @type {Packed[]} */
  const packed = JSON.parse(output.slice(output.indexOf("[")));
  return packed
    .map((each) => ({ ...each, filename: join(into, each.filename.replace(/^.*[\\/]/, "")) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
