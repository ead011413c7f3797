import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isFleetScope } from "../contract/resource.ts";
import type { Lock, LockScopeOptions, ScopeRecord, Store } from "../contract/store.ts";
import { isMachinistError, MachinistError } from "../error.ts";
import { installationIdPattern, newInstallationId } from "../record.ts";
import { isTemporary, syncFolder, writeAtomic, writeError, writeOnce } from "./atomic-write.ts";
import { diskTime } from "./disk-time.ts";
import { HolderSocket } from "./holder-socket.ts";
import { type FoundLock, lockFile, locksIn, readLock, removeFound } from "./lock-file.ts";
import { corruptRecord, parseRecord } from "./parse-record.ts";
import { readAtMost } from "./read-at-most.ts";

/** A machine of hundreds of resources takes a hundredth of it. Bytes. */
const MOST_RECORD = 16 * 2 ** 20;

/**
 * Records as files in docker-machine's own layout: `machines/NAME/record.json`, `fleets/NAME/record.json`. Folders are
 * 0700, records 0600. Readers never wait: a record is replaced whole.
 */
export class FileStore implements Store {
  readonly path: string;
  readonly #foreign: ForeignRecords | undefined;
  /** Scopes that were read from the other program's files and are not saved as ours yet. */
  readonly #strangers = new Set<string>();
  readonly #socket: HolderSocket;

  constructor(path: string, foreign?: ForeignRecords) {
    this.path = path;
    this.#socket = new HolderSocket(this.#locks);
    this.#foreign = foreign;
  }

  /** The folder of a machine or fleet. */
  folder(scope: string): string {
    return isFleetScope(scope) ? join(this.path, "fleets", scope.slice(1)) : join(this.path, "machines", scope);
  }

  /**
   * What the owner tags of this store begin with, so that a provider's objects tell it from other people's stores. Made
   * with the first record.
   */
  async mark(): Promise<string> {
    const path = join(this.path, "mark");
    for (;;) {
      const text = await readFile(path, "utf8").catch((cause) => {
        if (isAbsent(cause)) return undefined;
        throw readError(path, cause);
      });
      if (text !== undefined && installationIdPattern.test(text.trim())) return text.trim();
      if (text !== undefined)
        throw new MachinistError("store.corrupt", `${path} does not hold a store's mark`, {
          hint: `Remove it, and a new one is made: rm ${path}`,
        });
      await this.#makeFolder(this.path);
      // Of all who find none, in this process and in others, the first puts one in place and the rest read it.
      await writeOnce(path, `${newInstallationId()}\n`);
    }
  }

  /** By the clock of the disk that the store is on. */
  async now(): Promise<number> {
    await this.#makeFolder(this.path);
    return diskTime(this.path);
  }

  async list(): Promise<string[]> {
    const [machines, fleets] = await Promise.all([
      this.#withRecord(join(this.path, "machines")),
      this.#withRecord(join(this.path, "fleets")),
    ]);
    return [...fleets.map((name) => `@${name}`), ...machines].sort();
  }

  async load(scope: string): Promise<ScopeRecord | undefined> {
    const path = this.#file(scope);
    let text: string;
    try {
      text = (await readAtMost(path, MOST_RECORD, "The record")).toString("utf8");
    } catch (cause) {
      if (isAbsent(cause)) return this.#stranger(scope);
      if (isMachinistError(cause))
        throw corruptRecord(scope, path, `it is larger than ${MOST_RECORD / 2 ** 20} MiB`, cause);
      throw readError(path, cause);
    }
    return parseRecord(text, scope, path);
  }

  /** Whether a scope was read from another program's file, and is not saved as ours yet. */
  isForeign(scope: string): boolean {
    return this.#strangers.has(scope);
  }

  async save(record: ScopeRecord): Promise<void> {
    // The copy is taken before anything is waited for, so that what is asked to be saved is what is saved.
    const text = `${JSON.stringify(record, undefined, 2)}\n`;
    await this.#makeFolder(this.folder(record.scope));
    await writeAtomic(this.#file(record.scope), text, 0o600);
    if (this.#strangers.delete(record.scope)) await this.#foreign?.taken(record);
  }

  async remove(scope: string): Promise<void> {
    const folder = this.folder(scope);
    // Renamed first: whoever lists the store sees the whole machine or none. Dot-folders are nobody's machines.
    const doomed = join(dirname(folder), `.removed-${randomBytes(6).toString("hex")}`);
    try {
      await rename(folder, doomed);
      await syncFolder(dirname(folder));
      await rm(doomed, { recursive: true, force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw writeError(folder, cause);
    }
  }

  /**
   * Give a machine another name, with everything kept beside its record. Killed on the way it has the old name or the
   * new one, never both. The caller holds both names. Throws `store.write`, also where something is at the new name.
   */
  async move(scope: string, to: string): Promise<void> {
    const record = await this.load(scope);
    if (!record) return;
    await this.save({ ...record, movesTo: to });
    try {
      await rename(this.folder(scope), this.folder(to));
      await syncFolder(dirname(this.folder(to)));
    } catch (cause) {
      throw writeError(this.folder(to), cause);
    }
    const moved = await this.load(to);
    if (moved) await this.save(moved);
  }

  get #locks(): string {
    return join(this.path, "locks");
  }

  async lock(scope: string, options: LockScopeOptions = {}): Promise<Lock> {
    const what = isFleetScope(scope) ? `fleet ${scope.slice(1)}` : `machine ${scope}`;
    const path = join(this.#locks, `${scope}.lock`);
    const lock = await lockFile(path, { ...options, what, name: scope, socket: this.#socket });
    try {
      await this.#sweep(scope);
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
    return lock;
  }

  /** Every lock of this store that somebody has, or had and left, with what can be told of who it is. */
  async locks(): Promise<StoreLock[]> {
    return (await locksIn(this.#locks)).map((found) => ({ ...found, name: basename(found.path, ".lock") }));
  }

  /** Free a lock as it was found; false where it is not there any more, or somebody else has it. */
  async unlock(found: FoundLock): Promise<boolean> {
    while (!(await removeFound(found))) if ((await readLock(found.path))?.content !== found.content) return false;
    return true;
  }

  async #stranger(scope: string): Promise<ScopeRecord | undefined> {
    const record = await this.#foreign?.record(scope);
    if (record) this.#strangers.add(scope);
    return record;
  }

  #file(scope: string): string {
    return join(this.folder(scope), "record.json");
  }

  async #makeFolder(folder: string): Promise<void> {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause) => {
      throw writeError(folder, cause);
    });
    if (made) await syncFolder(dirname(folder));
  }

  async #withRecord(folder: string): Promise<string[]> {
    const names = await readdir(folder).catch((cause) => {
      // A file where the store's folder should be is no empty store.
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw readError(folder, cause);
    });
    const found = await Promise.all(
      names
        .filter((name) => !name.startsWith("."))
        .map(async (name) => {
          const inside = await readdir(join(folder, name)).catch((cause) =>
            // One that cannot be looked into is named: whoever loads it is told why.
            isAbsent(cause) ? [] : ["record.json"],
          );
          const foreign = this.#foreign !== undefined && inside.includes(this.#foreign.file);
          return foreign || inside.includes("record.json") ? [name] : [];
        }),
    );
    return found.flat();
  }

  /** Whoever holds the lock removes what an earlier holder was killed over. */
  async #sweep(scope: string): Promise<void> {
    const folder = this.folder(scope);
    const [inside, beside] = await Promise.all([
      readdir(folder).catch(() => [] as string[]),
      readdir(dirname(folder)).catch(() => [] as string[]),
    ]);
    await Promise.all([
      ...inside.filter(isTemporary).map((name) => rm(join(folder, name), { force: true })),
      ...beside
        .filter((name) => name.startsWith(".removed-"))
        .map((name) => rm(join(dirname(folder), name), { recursive: true, force: true })),
    ]);
  }
}

/** A lock of a store: of a machine, of a fleet (`@` and its name), or of something that all share. */
export interface StoreLock extends FoundLock {
  readonly name: string;
}

/** Machines in the same folders that another program made: known by a file of its own, and read as records of ours. */
export interface ForeignRecords {
  readonly file: string;
  /** Undefined where there is nothing of the other program either. Writes nothing. */
  readonly record: (scope: string) => Promise<ScopeRecord | undefined>;
  /** Its record was saved as ours for the first time. */
  readonly taken: (record: ScopeRecord) => Promise<void>;
}

const isAbsent = (cause: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "");

function readError(path: string, cause: unknown): MachinistError {
  const code = (cause as NodeJS.ErrnoException).code;
  const words: Record<string, string> = { EACCES: "permission is denied", ENOTDIR: "it is not in a folder" };
  return new MachinistError("store.read", `Could not read ${path}: ${(code && words[code]) || code}`, {
    cause,
    hint:
      code === "ENOTDIR"
        ? "The store must be a folder, and so must all in its path: choose another with --storage-path"
        : "Check who owns the file, or choose another folder with --storage-path",
  });
}
