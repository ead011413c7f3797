import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readAtMost, writeAtomic } from "@machinist/core";

/** What `stat` says of a file: who changes its content changes one of these. */
export interface FileSeen {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
}

/**
 * A file may be written to twice within one tick of its file system's clock, and looks the same afterwards; the slowest of
 * these ticks every two seconds. What was younger than that when it was read is read again the next time. Ms.
 */
const TICK_MS = 2_000;
/** Of a project with as many files as can be carried it takes half of this. Bytes. */
const MOST_BYTES = 32 * 2 ** 20;
/** Files of projects that nobody has any more are removed some time. */
const MOST_PROJECTS = 200;
const FORMAT = "machinist.content/1";

type Known = ReadonlyMap<string, readonly [seen: string, sha256: string]>;

/** The SHA-256 of files' contents as they were read last, so that what has not changed is not read again. It may be lost at any time. */
export class ContentHashes {
  readonly #file: string;
  readonly #now: () => number;
  readonly #own = new Map<string, readonly [string, string]>();
  readonly #asked = new Set<string>();
  readonly #reading = new Map<string, Promise<string>>();
  #loaded: Promise<Known> | undefined;

  constructor(file: string, now: () => number = Date.now) {
    this.#file = file;
    this.#now = now;
  }

  /** Of the file at this path, which was `seen` so; `read` is asked where that is not known. */
  async of(path: string, seen: FileSeen, read: () => Promise<string>): Promise<string> {
    this.#asked.add(path);
    this.#loaded ??= load(this.#file);
    const stamp = [seen.size, seen.mtimeMs, seen.ctimeMs, seen.ino].join(" ");
    const known = this.#own.get(path) ?? (await this.#loaded).get(path);
    if (known?.[0] === stamp) {
      this.#own.set(path, known);
      return known[1];
    }
    if (Math.max(seen.mtimeMs, seen.ctimeMs) + TICK_MS >= this.#now()) return read();
    // A project of many machines is looked at for all of them at once.
    const id = `${stamp} ${path}`;
    const reading = this.#reading.get(id) ?? read();
    this.#reading.set(id, reading);
    try {
      const sha256 = await reading;
      this.#own.set(path, [stamp, sha256]);
      return sha256;
    } finally {
      this.#reading.delete(id);
    }
  }

  /** Keep what was found, together with what others have found of the same files meanwhile. */
  async save(): Promise<void> {
    if (this.#asked.size === 0) return;
    const there = await load(this.#file);
    const all = new Map([...there, ...this.#own].filter(([path]) => this.#asked.has(path)));
    const isSame = all.size === there.size && [...all].every(([path, [seen]]) => there.get(path)?.[0] === seen);
    if (!isSame) await writeAtomic(this.#file, JSON.stringify({ format: FORMAT, files: Object.fromEntries(all) }));
  }
}

/** What cannot be read, or is something else, is as good as nothing. */
async function load(file: string): Promise<Known> {
  try {
    const text = (await readAtMost(file, MOST_BYTES, "The cache")).toString("utf8");
    const { format, files } = JSON.parse(text) as { format?: unknown; files?: { [path: string]: unknown } };
    return new Map(format === FORMAT ? Object.entries(files ?? {}).filter(isEntry) : []);
  } catch {
    return new Map();
  }
}

function isEntry(entry: [string, unknown]): entry is [string, [string, string]] {
  const [, value] = entry;
  if (!Array.isArray(value)) return false;
  const [seen, sha256] = value as unknown[];
  return typeof seen === "string" && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
}

/** Those of all projects of a store, one file each in a folder. */
export class ContentCache {
  readonly #folder: string;
  readonly #now: (() => number) | undefined;
  readonly #projects = new Map<string, ContentHashes>();

  constructor(folder: string, now?: () => number) {
    this.#folder = folder;
    this.#now = now;
  }

  /** Of a project, by its name and first file. */
  project({ name, files }: { readonly name: string; readonly files: readonly string[] }): ContentHashes {
    const id = createHash("sha256").update(`${name}\0${files[0]}`).digest("hex").slice(0, 12);
    const file = join(this.#folder, `${name}-${id}.json`);
    const known = this.#projects.get(file) ?? new ContentHashes(file, this.#now);
    this.#projects.set(file, known);
    return known;
  }

  /** Nothing depends on it: where it cannot be written, it is not. */
  async save(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      for (const each of this.#projects.values()) await each.save();
      await removeOldest(this.#folder);
    } catch {}
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= MOST_PROJECTS) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, age: (await stat(join(folder, name))).mtimeMs })));
  const oldest = aged.sort((a, b) => a.age - b.age).slice(0, names.length - MOST_PROJECTS);
  for (const { name } of oldest) await rm(join(folder, name), { force: true });
}
