import { readFileSync } from "node:fs";
import { fromTarball } from "./tarball.mjs";
import { releaseTool } from "./tools.mjs";

/** @typedef {import("./pack.mjs").Packed} Packed */

/**
 * Publish tarballs as `npm publish` does, by the library behind it: thirty programs would take minutes. Where they were
 * built is not attested: that needs the identity that CI has.
 * @param {string} registry its URL
 * @param {readonly Packed[]} packed
 */
export async function publishAll(registry, packed) {
  const { publish } = releaseTool("libnpmpublish");
  // The registry asks for no account, the client for a token all the same.
  const token = { [`${registry.replace(/^http:/, "")}:_authToken`]: "nobody" };
  for (const { filename } of packed) {
    const manifest = JSON.parse(fromTarball(filename, "package.json"));
    await publish(manifest, readFileSync(filename), { ...token, registry, access: "public" });
  }
}
