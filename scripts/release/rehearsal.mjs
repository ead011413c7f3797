import { join } from "node:path";
import { fillPackages } from "./bundles.mjs";
import { packAll } from "./pack.mjs";
import { publishAll } from "./publish.mjs";
import { startRegistry } from "./registry.mjs";
import { changesetVersion, copyManifests } from "./versioned.mjs";

/**
 * @typedef {object} Rehearsed
 * @property {string} registry its URL
 * @property {import("./pack.mjs").Packed[]} packed what was published
 * @property {string[]} bundledAgain
 * @property {() => void} close ends the registry
 */

/**
 * A release up to the step that needs an account: versions and changelogs out of the changesets, in a copy; packed; and
 * published to a registry on this computer. The clone stays as it is.
 * @param {string} work an empty folder, for the caller to remove
 * @param {(step: string) => void} [told] before each step; what it throws ends the rehearsal
 * @returns {Promise<Rehearsed>}
 */
export async function rehearse(work, told = () => {}) {
  const copy = join(work, "copy");
  told("Versions and changelogs (changeset version), in a copy");
  await copyManifests(copy);
  await changesetVersion(copy);
  told("Bundles, those with a version inside made again");
  const bundledAgain = await fillPackages(copy);
  told("Packing (pnpm pack)");
  const packed = await packAll(copy, join(work, "tarballs"));
  told("Publishing to a registry on this computer (verdaccio)");
  const { url, close } = await startRegistry(join(work, "registry"));
  try {
    await publishAll(url, packed);
  } catch (thrown) {
    close();
    throw thrown;
  }
  return { registry: url, packed, bundledAgain, close };
}
