import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where everyone gets Debian: mmdebstrap goes there by itself, for security updates too. */
const PUBLIC = /^https?:\/\/(deb|security)\.debian\.org\//;

/**
 * The Debian mirror that this computer's own apt sources name, if it is not the public one. Pure; `sources` are the
 * texts of sources.list and of the .list and .sources files.
 */
export function mirrorIn(sources: readonly string[]): string | undefined {
  for (const text of sources)
    for (const line of text.split("\n")) {
      if (!/^\s*(deb\s|URIs:)/.test(line)) continue;
      const mirror = line.split(/\s+/).find((word) => /^https?:\/\/\S+\/debian\/?$/.test(word) && !PUBLIC.test(word));
      if (mirror) return mirror;
    }
  return undefined;
}

export async function hostMirror(apt = "/etc/apt"): Promise<string | undefined> {
  const folder = join(apt, "sources.list.d");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name)).sort();
  const paths = [join(apt, "sources.list"), ...names.map((name) => join(folder, name))];
  return mirrorIn(await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => ""))));
}
