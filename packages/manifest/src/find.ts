import { stat } from "node:fs/promises";
import { join } from "node:path";

/** The names a manifest is looked for under, in this order. */
export const manifestNames = ["machines.yaml", "machines.yml", "machines.json", "machines.toml"] as const;

/** The manifest of a folder, as an absolute path, if there is one. */
export async function findManifest(cwd: string): Promise<string | undefined> {
  for (const name of manifestNames) {
    const path = join(cwd, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}
