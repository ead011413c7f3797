import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Bundle } from "../../src/bundle.ts";

/** Put a bundle in a folder, as it comes to be on a host. */
export function putDown({ files }: Bundle, into: string): void {
  mkdirSync(into, { recursive: true });
  for (const [name, { carried, content }] of files) {
    const path = join(into, name);
    mkdirSync(dirname(path), { recursive: true });
    if (carried.type === "folder") mkdirSync(path, { recursive: true });
    else if (carried.type === "link") symlinkSync(carried.target, path);
    else if (content !== undefined) writeFileSync(path, content);
    else copyFileSync(carried.path, path);
    if (carried.type === "file") chmodSync(path, carried.mode);
  }
  for (const [name, { carried }] of [...files].reverse())
    if (carried.type === "folder") chmodSync(join(into, name), carried.mode);
}

/** What is at a path, or where it leads, and below it, but for what is left out. Undefined: nothing. */
export function treeAt(path: string, without: ReadonlySet<string> = new Set()): unknown {
  return existsSync(path) ? treeBelow(realpathSync(path), without) : undefined;
}

function treeBelow(path: string, without: ReadonlySet<string>): unknown {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  const mode = (found.mode & 0o777).toString(8);
  if (found.isFile()) return `${mode} ${readFileSync(path, "latin1")}`;
  const entries = readdirSync(path)
    .filter((name) => !without.has(join(path, name)))
    .sort();
  return { [mode]: Object.fromEntries(entries.map((name) => [name, treeBelow(join(path, name), without)])) };
}
