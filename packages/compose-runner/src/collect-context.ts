import type { Dirent, Stats } from "node:fs";
import { lstat, readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { isMachinistError, MachinistError, readAtMost } from "@machinist/core";
import type { FileSeen } from "./content-cache.ts";
import type { Ignored } from "./dockerignore.ts";
import { parseDockerignore } from "./dockerignore.ts";
import { missing } from "./document.ts";
import { isInside, type Reference } from "./references.ts";

/** The most a bundle may hold. */
export interface Limits {
  readonly bytes: number;
  readonly files: number;
}
export const DEFAULT_LIMITS: Limits = { bytes: 512 * 1024 * 1024, files: 50_000 };

/** What is carried along, as it is on this computer. */
export type Carried = CarriedFile | CarriedFolder | CarriedLink;
interface Owned {
  readonly path: string;
  /** Permissions, without what runs a program as somebody else. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
export interface CarriedFile extends Owned {
  readonly type: "file";
  /** Of one whose content may be known from an earlier look; what is named as a secret, an env file or the like is not. */
  readonly seen?: FileSeen;
}
export interface CarriedFolder extends Owned {
  readonly type: "folder";
}
export interface CarriedLink {
  readonly type: "link";
  readonly path: string;
  /** Where it leads, as it is written in it. */
  readonly target: string;
}

/** All that is behind references, each once, by its path. Throws `compose.file-missing`, `compose.file-unreadable`, `compose.too-large`. */
export async function collectContext(
  references: readonly Reference[],
  limits: Limits = DEFAULT_LIMITS,
): Promise<Map<string, Carried>> {
  const load = new Load(limits);
  for (const reference of references) await carryOne(load, reference);
  return load.carried;
}

async function carryOne(load: Load, reference: Reference): Promise<void> {
  const found = await seen(reference.path, reference);
  if (found === undefined) {
    if (reference.optional || mayBeMade(reference)) return;
    throw missing(reference.path, reference.at);
  }
  if (reference.type === "file" && !found.isFile()) {
    if (reference.optional) return;
    throw notAFile(reference, found);
  }
  // A link that is named itself stands for what it leads to.
  if (found.isFile()) return load.add("file", reference.path, found, reference);
  if (!found.isDirectory()) return;
  if (reference.type === "context") return carryContext(load, reference);
  load.add("folder", reference.path, found, reference);
  await walk(load, reference, () => false, false);
}

const notAFile = ({ path, at }: Reference, found: Stats): MachinistError =>
  new MachinistError(
    "compose.file-missing",
    `${at}: ${path} is ${found.isDirectory() ? "a folder" : "no plain file"}`,
    {
      hint: "A file is needed there",
    },
  );

/** Docker makes an empty folder for a bind mount whose source is missing; for what looks like a file that is never meant. */
const mayBeMade = ({ type, path }: Reference): boolean => type === "bind" && !/[^/\\.][^/\\]*\.[^/\\.]+$/.test(path);

async function carryContext(load: Load, reference: Reference): Promise<void> {
  const { path, dockerfile } = reference;
  const own = dockerfile === undefined ? undefined : await textAt(`${dockerfile}.dockerignore`);
  const shared = join(path, ".dockerignore");
  const { ignored, hasExceptions } = parseDockerignore(own ?? (await textAt(shared)) ?? "");
  await walk(load, reference, ignored, hasExceptions);
  // Docker reads these three whatever the rules say.
  const always = dockerfile === undefined ? [shared] : [dockerfile, `${dockerfile}.dockerignore`, shared];
  for (const file of always) {
    const found = await seen(file, reference);
    if (found?.isFile()) await load.addRead(file, found, reference);
    else if (file === dockerfile && !reference.optional) throw missing(file, reference.at);
  }
}

/** All below the folder of a reference: links stay links, wherever they lead, and nothing behind them is read. */
async function walk(load: Load, reference: Reference, ignored: Ignored, hasExceptions: boolean): Promise<void> {
  const visit = async (folder: string): Promise<void> => {
    const entries = await readable(readdir(folder, { withFileTypes: true }) as Promise<Dirent[]>, folder, reference);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      const out = ignored(relative(reference.path, path).split(sep).join("/"));
      if (entry.isDirectory()) {
        if (!out) load.add("folder", path, await readable(lstat(path), path, reference), reference);
        // Below an ignored folder an exception may still keep something.
        if (!out || hasExceptions) await visit(path);
      } else if (!out && entry.isSymbolicLink()) {
        load.addLink(path, await readable(readlink(path), path, reference), reference);
      } else if (!out && entry.isFile()) {
        load.add("file", path, await readable(lstat(path), path, reference), reference);
      }
      // Sockets, devices, pipes: nothing that can be carried.
    }
  };
  await visit(reference.path);
}

async function seen(path: string, reference: Reference): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if (isRefused(cause)) throw unreadable(path, reference, cause);
    return undefined;
  }
}

async function readable<T>(reading: Promise<T>, path: string, reference: Reference): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw isRefused(cause) ? unreadable(path, reference, cause) : missing(path, reference.at, cause);
  }
}

const isRefused = (cause: unknown): boolean =>
  ["EACCES", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "");

/** For what this user may not read. */
export const unreadable = (path: string, { at }: Pick<Reference, "at">, cause: unknown): MachinistError =>
  new MachinistError("compose.file-unreadable", `${at}: ${path} may not be read by you`, {
    cause,
    hint: "Make it readable, leave it out (.dockerignore for what is built), or keep it in a volume of the machine",
  });

class Load {
  readonly carried = new Map<string, Carried>();
  readonly #limits: Limits;
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  add(type: "file" | "folder", path: string, found: Stats, reference: Reference): void {
    const before = this.carried.get(path);
    const named = reference.type === "file";
    if (before && !(named && before.type === "file" && before.seen)) return;
    const mode = found.mode & (type === "file" ? 0o777 : 0o1777);
    const { uid, gid, size, mtimeMs, ctimeMs, ino } = found;
    const seen = type === "folder" || named ? {} : { seen: { size, mtimeMs, ctimeMs, ino } };
    this.carried.set(path, { type, path, mode, uid, gid, ...seen });
    if (before) return;
    this.#count(type === "file" ? found.size : 0, path, reference);
  }

  addLink(path: string, target: string, reference: Reference): void {
    if (this.carried.has(path)) return;
    this.carried.set(path, { type: "link", path, target });
    this.#count(0, path, reference);
  }

  /** A file that docker's own client reads: a link to what is not carried is no use over there. */
  async addRead(path: string, found: Stats, reference: Reference): Promise<void> {
    if (this.carried.get(path)?.type === "link" && !isInside(reference.path, await realpath(path)))
      this.carried.delete(path);
    this.add("file", path, found, reference);
  }

  #count(bytes: number, path: string, reference: Reference): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#limits.bytes && this.carried.size <= this.#limits.files) return;
    const limit =
      this.#bytes > this.#limits.bytes
        ? `${Math.round(this.#limits.bytes / 1024 / 1024)} MiB`
        : `${this.#limits.files} files`;
    throw new MachinistError(
      "compose.too-large",
      `${reference.at}: with ${path} there is more than ${limit} to carry along`,
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
