import type { Dirent, Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { isMachinistError, MachinistError, readAtMost } from "@machinist/core";
import type { Ignored } from "./dockerignore.ts";
import { parseDockerignore } from "./dockerignore.ts";
import { missing } from "./document.ts";
import type { Reference } from "./references.ts";

/** The most a bundle may hold. */
export interface Limits {
  readonly bytes: number;
  readonly files: number;
}
export const DEFAULT_LIMITS: Limits = { bytes: 512 * 1024 * 1024, files: 50_000 };

/** A regular file to be carried: where it is, and what its digest needs to know. */
export interface Carried {
  readonly path: string;
  readonly mode: number;
}

/** All regular files behind references, each once. Throws `compose.file-missing`, `compose.too-large`. */
export async function carry(
  references: readonly Reference[],
  limits: Limits = DEFAULT_LIMITS,
): Promise<Map<string, Carried>> {
  const load = new Load(limits);
  for (const reference of references) await carryOne(load, reference);
  return load.files;
}

async function carryOne(load: Load, reference: Reference): Promise<void> {
  const found = await stat(reference.path).catch(() => undefined);
  if (found === undefined) {
    if (reference.optional || mayBeMade(reference)) return;
    throw missing(reference.path, reference.at);
  }
  if (reference.type === "file" && !found.isFile()) throw missing(reference.path, reference.at);
  if (found.isFile()) return load.add(reference.path, found, reference);
  if (reference.type !== "context") return walk(load, reference, reference.path, () => false, false);
  await carryContext(load, reference);
}

/** Docker makes an empty folder for a bind mount whose source is missing; for what looks like a file that is never meant. */
const mayBeMade = ({ type, path }: Reference): boolean => type === "bind" && !/[^/\\.][^/\\]*\.[^/\\.]+$/.test(path);

async function carryContext(load: Load, reference: Reference): Promise<void> {
  const { path, dockerfile } = reference;
  const own = dockerfile === undefined ? undefined : await textAt(`${dockerfile}.dockerignore`);
  const shared = join(path, ".dockerignore");
  const { ignored, hasExceptions } = parseDockerignore(own ?? (await textAt(shared)) ?? "");
  await walk(load, reference, path, ignored, hasExceptions);
  // Docker reads these three whatever the rules say.
  const always = dockerfile === undefined ? [shared] : [dockerfile, `${dockerfile}.dockerignore`, shared];
  for (const file of always) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) load.add(file, found, reference);
    else if (file === dockerfile && !reference.optional) throw missing(file, reference.at);
  }
}

async function walk(
  load: Load,
  reference: Reference,
  root: string,
  ignored: Ignored,
  hasExceptions: boolean,
): Promise<void> {
  const visit = async (folder: string): Promise<void> => {
    const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      const out = ignored(relative(root, path).split(sep).join("/"));
      // Below an ignored folder an exception may still keep something.
      if (entry.isDirectory() && (!out || hasExceptions)) await visit(path);
      if (out || entry.isDirectory()) continue;
      const found = await stat(path).catch(() => undefined);
      // Sockets, devices, links that lead nowhere or to a folder: nothing that a file can carry.
      if (found?.isFile()) load.add(path, found, reference);
    }
  };
  await visit(root);
}

class Load {
  readonly files = new Map<string, Carried>();
  readonly #limits: Limits;
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  add(path: string, found: Stats, reference: Reference): void {
    if (this.files.has(path)) return;
    this.files.set(path, { path, mode: found.mode & 0o777 });
    this.#bytes += found.size;
    if (this.#bytes <= this.#limits.bytes && this.files.size <= this.#limits.files) return;
    const limit =
      this.#bytes > this.#limits.bytes
        ? `${Math.round(this.#limits.bytes / 1024 / 1024)} MiB`
        : `${this.#limits.files} files`;
    throw new MachinistError(
      "compose.too-large",
      `${reference.at}: with ${reference.path} there is more than ${limit} to carry along`,
      {
        hint: "Leave out what is not needed with a .dockerignore file, or put it into an image or volume.",
      },
    );
  }
}

/** Rules that a person writes take far less. Bytes. */
const MOST_RULES = 2 ** 20;

async function textAt(path: string): Promise<string | undefined> {
  try {
    return (await readAtMost(path, MOST_RULES, "The file")).toString("utf8");
  } catch (cause) {
    if (!isMachinistError(cause)) return undefined;
    throw new MachinistError("compose.too-large", cause.message, {
      cause,
      hint: "It should hold patterns, one a line",
    });
  }
}
