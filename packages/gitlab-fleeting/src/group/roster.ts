import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Lock, lockFile, MachinistError, shape, writeAtomic } from "@machinist/core";

/** What is wanted of an instance: written down before anything is done about it. */
export type Wanted = "running" | "suspended" | "gone";

export interface Member {
  readonly wanted: Wanted;
  /** All that is done on it after its creation was done. */
  readonly prepared: boolean;
}

const isMember = shape.mapOf({ wanted: shape.oneOf("running", "suspended", "gone"), prepared: shape.truth });

/** The runner's last plugin may still be ending. */
const LOCK_WAIT_MS = 20_000;

/**
 * Which machines of a store are a group's, in a file of that store. A name is in it from before its machine is begun until the
 * machine is gone; whatever is not in it is somebody else's. One process at a time has it.
 */
export class Roster {
  readonly #path: string;
  readonly #lock: Lock;
  #members: ReadonlyMap<string, Member>;
  #writing: Promise<void> = Promise.resolve();

  /** Throws `store.locked`, `fleeting.roster`, `store.write`. */
  static async open(storagePath: string, group: string, waitMs = LOCK_WAIT_MS): Promise<Roster> {
    const folder = join(storagePath, "fleeting");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await lockFile(join(folder, `${group}.lock`), {
      ...{ waitMs, what: `the group ${group}`, command: "fleeting-plugin-machinist" },
    });
    try {
      const path = join(folder, `${group}.json`);
      return new Roster(path, lock, await read(path));
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  private constructor(path: string, lock: Lock, members: ReadonlyMap<string, Member>) {
    this.#path = path;
    this.#lock = lock;
    this.#members = members;
  }

  get(name: string): Member | undefined {
    return this.#members.get(name);
  }

  /** Names, first begun first. */
  names(wanted?: Wanted): string[] {
    return [...this.#members]
      .filter(([, each]) => wanted === undefined || each.wanted === wanted)
      .map(([name]) => name);
  }

  /** Once this is over, what is wanted of them is on the disk. Names that are not there come in. */
  want(names: readonly string[], wanted: Wanted): Promise<void> {
    return this.#change((members) => {
      for (const name of names) members.set(name, { wanted, prepared: members.get(name)?.prepared ?? false });
    });
  }

  prepared(name: string): Promise<void> {
    return this.#change((members) => {
      const member = members.get(name);
      if (member) members.set(name, { ...member, prepared: true });
    });
  }

  drop(names: readonly string[]): Promise<void> {
    return this.#change((members) => {
      for (const name of names) members.delete(name);
    });
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#lock.release();
  }

  #change(work: (members: Map<string, Member>) => void): Promise<void> {
    const changing = this.#writing
      .catch(() => {})
      .then(async () => {
        const members = new Map(this.#members);
        work(members);
        const content = { version: 1, instances: Object.fromEntries(members) };
        await writeAtomic(this.#path, `${JSON.stringify(content, undefined, 2)}\n`);
        this.#members = members;
      });
    this.#writing = changing;
    return changing;
  }
}

async function read(path: string): Promise<ReadonlyMap<string, Member>> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw unreadable(path, cause);
  });
  if (text === undefined) return new Map();
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (!shape.mapOf({ instances: shape.valuesOf(isMember) })(content)) throw unreadable(path, undefined);
  return new Map(Object.entries((content as { instances: Record<string, Member> }).instances));
}

const unreadable = (path: string, cause: unknown): MachinistError =>
  new MachinistError("fleeting.roster", `${path}, which says which machines are the group's, cannot be read`, {
    hint: `Look which machines there are (machinist ls), remove those of the group (machinist rm), then the file: rm ${path}`,
    cause,
  });
