import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the clone, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

type Conditions = { [condition: string]: string };
type Exports = { [entry: string]: string | Conditions };
type Versions = { [name: string]: string };

/** What the checks read of a package.json. */
export interface Manifest {
  name: string;
  version?: string;
  private?: boolean;
  description?: string;
  license?: string;
  type?: string;
  bin?: string | { [command: string]: string };
  exports?: Exports;
  files?: string[];
  engines?: { node?: string };
  keywords?: string[];
  homepage?: string;
  bugs?: string;
  repository?: { type?: string; url?: string; directory?: string };
  publishConfig?: { access?: string; provenance?: boolean; exports?: Exports };
  scripts?: { [name: string]: string };
  dependencies?: Versions;
  devDependencies?: Versions;
  peerDependencies?: Versions;
  optionalDependencies?: Versions;
}

export interface Package {
  /** Folder name under packages/: `driver-nspawn`. */
  readonly folder: string;
  readonly path: string;
  readonly manifest: Manifest;
}

export const readManifest = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8")) as Manifest;

/** Every package of the workspace's packages/ folder. */
export function packages(): Package[] {
  return readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, "packages", entry.name, "package.json")))
    .map((entry) => {
      const path = join(root, "packages", entry.name);
      return { folder: entry.name, path, manifest: readManifest(join(path, "package.json")) };
    })
    .sort((a, b) => a.folder.localeCompare(b.folder));
}

/** Files below a folder whose name ends in one of `endings`, as paths relative to the root of the clone. */
export function filesBelow(folder: string, endings: readonly string[]): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name === "node_modules" || entry.name === "dist") return [];
    if (entry.isDirectory()) return filesBelow(path, endings);
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

export const readText = (path: string): string => readFileSync(join(root, path), "utf8");
