import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type HookSpec, isMachinistError, type Lock, lockFile, writeAtomic } from "@machinist/core";
import type { PendingEvent } from "./pending-event.ts";

/** An occurrence with the hooks that have not been told of it. */
export interface Pending {
  readonly occurrence: PendingEvent;
  readonly hooks: readonly HookSpec[];
  /** The run that announced it. */
  readonly run: string;
}

interface Kept {
  readonly version: 1;
  readonly pending: readonly Pending[];
}

/**
 * What hooks of one run have yet to be told, as a file that outlives the run: written before what it tells of may take
 * effect, removed when all is told. A lock shows whether its run still lives.
 */
export class Outbox {
  readonly run: string;
  readonly #folder: string;
  readonly #locks: string;
  readonly #pending = new Map<string, Pending>();
  #lock: Lock | undefined;
  #saving: Promise<void> | undefined;
  #again: Promise<void> | undefined;

  constructor(storePath: string, run: string) {
    this.run = run;
    this.#folder = folderOf(storePath);
    this.#locks = join(storePath, "locks");
  }

  all(): Pending[] {
    return [...this.#pending.values()];
  }

  get(key: string): Pending | undefined {
    return this.#pending.get(key);
  }

  /** Put entries in place, and keep them; durable when the promise resolves. */
  async put(entries: readonly Pending[]): Promise<void> {
    for (const entry of entries) this.#pending.set(entry.occurrence.key, entry);
    await this.#save();
  }

  /** Take entries out; what is told twice because this was not written is told at least once. */
  async drop(keys: readonly string[]): Promise<void> {
    if (keys.filter((key) => this.#pending.delete(key)).length > 0) await this.#save();
  }

  /** Take over what runs of these fleets left that were interrupted. */
  async adopt(fleets: ReadonlySet<string>): Promise<Pending[]> {
    await this.#sweep();
    const adopted: Pending[] = [];
    for (const { path, name, kept } of await leftovers(this.#folder)) {
      if (!kept.pending.some(({ occurrence }) => fleets.has(occurrence.fleet))) continue;
      const lock = await lockFile(this.#lockPath(name)).catch(ifLocked);
      if (!lock) continue;
      try {
        // Read again: another may have taken it before this one had the lock.
        const ours = (await read(path))?.pending ?? [];
        await this.put(ours.map((entry) => ({ ...entry, occurrence: renamed(entry, this.run) })));
        await rm(path, { force: true });
        adopted.push(...ours.map((entry) => ({ ...entry, occurrence: renamed(entry, this.run) })));
      } finally {
        await lock.release();
      }
    }
    return adopted;
  }

  /** Files that runs were killed over while they wrote them: nobody will ever read those. */
  async #sweep(): Promise<void> {
    for (const file of await readdir(this.#folder).catch(() => [] as string[])) {
      const run = /^\.([a-z0-9]+)\.json\..*\.tmp$/.exec(file)?.[1];
      if (run === undefined || run === this.run) continue;
      const lock = await lockFile(this.#lockPath(run)).catch(ifLocked);
      if (!lock) continue;
      await rm(join(this.#folder, file), { force: true });
      await lock.release();
    }
  }

  /** What is left stays for the next run. */
  async close(): Promise<void> {
    await this.#saving;
    await this.#lock?.release();
    this.#lock = undefined;
  }

  #lockPath = (run: string): string => join(this.#locks, `hooks-${run}.lock`);

  /** Saves come one after the other; what is changed while one is under way shares the next. */
  #save(): Promise<void> {
    if (!this.#saving) {
      this.#saving = this.#write().finally(() => {
        this.#saving = undefined;
      });
      return this.#saving;
    }
    this.#again ??= this.#saving
      .catch(() => {})
      .then(() => {
        this.#again = undefined;
        return this.#save();
      });
    return this.#again;
  }

  async #write(): Promise<void> {
    const path = join(this.#folder, `${this.run}.json`);
    const pending = this.all();
    if (pending.length === 0) return rm(path, { force: true });
    const kept: Kept = { version: 1, pending };
    const text = `${JSON.stringify(kept)}\n`;
    this.#lock ??= await lockFile(this.#lockPath(this.run), { what: "the hooks of this run" });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeAtomic(path, text, 0o600);
  }
}

const folderOf = (storePath: string): string => join(storePath, "hooks");

/** The same key can come from two runs: an adopted one bears the name of its own. */
const renamed = ({ occurrence, run }: Pending, into: string): PendingEvent =>
  run === into || occurrence.key.startsWith(`${run}:`)
    ? occurrence
    : { ...occurrence, key: `${run}:${occurrence.key}` };

function ifLocked(thrown: unknown): undefined {
  if (isMachinistError(thrown) && thrown.code === "store.locked") return undefined;
  throw thrown;
}

async function leftovers(folder: string): Promise<{ path: string; name: string; kept: Kept }[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[a-z0-9]+\.json$/.test(name));
  const found = await Promise.all(
    names.map(async (file) => {
      const path = join(folder, file);
      const kept = await read(path);
      return kept ? [{ path, name: file.slice(0, -".json".length), kept }] : [];
    }),
  );
  return found.flat();
}

/** What makes no sense is left where it is, and said by `doctor`. */
async function read(path: string): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, "utf8")) as Partial<Kept>;
    return kept.version === 1 && Array.isArray(kept.pending) ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}

/** What hooks have yet to be told, of runs that live and of those that were interrupted. */
export async function pendingIn(storePath: string): Promise<readonly Pending[]> {
  return (await leftovers(folderOf(storePath))).flatMap(({ kept }) => [...kept.pending]);
}
