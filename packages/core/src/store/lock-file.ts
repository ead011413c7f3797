import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { systemClock, throwIfCancelled } from "../clock.ts";
import type { Lock } from "../contract/store.ts";
import { MachinistError } from "../error.ts";
import { writeError } from "./atomic-write.ts";
import { diskTime } from "./disk-time.ts";
import { HolderSocket, removeSocket } from "./holder-socket.ts";
import { lockReleased, waitForLock } from "./lock-bell.ts";
import { type HolderStatus, holderStatusOf, holderWords, type LockHolder, parseHolder } from "./lock-holder.ts";
import { bootId } from "./this-computer.ts";

export interface LockOptions {
  /** How long to wait for a living holder, in ms. Default 0. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** What is locked, for the error's sentence. */
  readonly what?: string;
  /** What this process does with it, in a word or two: told to those who find it locked. No secret. */
  readonly command?: string;
  /** What `machinist unlock` knows it by, for the error's hint. */
  readonly name?: string;
  /** Shared by the locks of one folder: many are held at once and listen once. */
  readonly socket?: HolderSocket;
}

/** A lock as it is found. */
export interface FoundLock {
  readonly path: string;
  readonly content: string;
  /** Undefined where the file names no process. */
  readonly holder?: LockHolder;
  readonly standing: HolderStatus;
}

/**
 * Take a lock that its holder's death frees: a file that names the holder, put in place with its content by link(2),
 * so that nobody ever sees it half-written. Throws `store.locked`.
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<Lock> {
  const { socket = new HolderSocket(dirname(path)) } = options;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((cause) => {
    throw writeError(path, cause);
  });
  const name = await socket.open();
  try {
    const content = await ownContent(name, options.command);
    await take(path, content, options);
    let held = true;
    return {
      release: async () => {
        if (!held) return;
        held = false;
        await remove(path, content);
        lockReleased(path);
        await socket.close();
      },
    };
  } catch (thrown) {
    await socket.close();
    throw thrown;
  }
}

async function take(path: string, content: string, options: LockOptions): Promise<void> {
  const { waitMs = 0, signal } = options;
  // Of a clock that nobody sets.
  const deadline = performance.now() + waitMs;
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 500)) {
    throwIfCancelled(signal);
    if (await place(path, content)) return;
    const seen = await readLock(path);
    if (seen?.standing === "dead") {
      await removeFound(seen);
      continue;
    }
    const left = deadline - performance.now();
    if (seen && (left <= 0 || !seen.holder)) throw locked(seen, options);
    // Not all at the same moments: of many who look at once one is served, and the others come too late again.
    const next = pause * (0.5 + Math.random() / 2);
    await waitForLock(path, Math.min(next, Math.max(left, 1)), signal);
  }
}

async function ownContent(socket: string | undefined, command: string | undefined): Promise<string> {
  const boot = await bootId();
  const own: LockHolder = {
    pid: process.pid,
    host: hostname(),
    ...(boot === undefined ? {} : { boot }),
    ...(socket === undefined ? {} : { socket }),
    since: Date.now(),
    ...(command === undefined ? {} : { command }),
  };
  return JSON.stringify({ ...own, key: randomBytes(8).toString("hex") });
}

async function place(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(temporary, content, { mode: 0o600, flag: "wx" });
    await link(temporary, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw writeError(path, cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** Look at a lock; undefined where there is none. */
export async function readLock(path: string): Promise<FoundLock | undefined> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new MachinistError("store.locked", `The lock ${path} cannot be read`, {
      cause,
      hint: `If no other machinist runs, remove the file ${path}`,
    });
  }
  const holder = parseHolder(content);
  return holder ? { path, content, holder, standing: await holderStatusOf(path, holder) } : unreadable(path, content);
}

const unreadable = (path: string, content: string): FoundLock => ({ path, content, standing: "unknown" });

/** The locks in a folder, by name. */
export async function locksIn(folder: string): Promise<FoundLock[]> {
  const names = (await readdir(folder).catch(() => [] as string[])).filter((name) => name.endsWith(".lock")).sort();
  const found = await Promise.all(
    names.map((name) => readLock(join(folder, name)).catch(() => unreadable(join(folder, name), ""))),
  );
  return found.filter((each) => each !== undefined);
}

/**
 * Remove a lock that was found. Only one process may do so at a time and it looks again first: otherwise a slow one
 * could remove the lock that a quicker one has just taken. Whether it is gone.
 */
export async function removeFound({ path, content, holder, standing }: FoundLock): Promise<boolean> {
  const breaker = `${path}.breaking`;
  if (!(await place(breaker, content))) {
    // Held for a few system calls; an old one was left by a process killed in between.
    if ((await ageOf(breaker)) > 5000) await rm(breaker, { force: true });
    else await systemClock.sleep(10);
    return false;
  }
  try {
    if (!(await remove(path, content))) return false;
    if (standing === "dead" && holder?.socket !== undefined) await removeSocket(dirname(path), holder.socket);
    return true;
  } finally {
    await rm(breaker, { force: true });
  }
}

/** Remove a lock's file while it is the one that is meant. */
async function remove(path: string, content: string): Promise<boolean> {
  const now = await readFile(path, "utf8").catch(() => undefined);
  if (now === content) await rm(path, { force: true });
  return now === content;
}

/** How old a file is, by the clock of the disk that it is on: another computer may have made it. */
const ageOf = (path: string): Promise<number> =>
  Promise.all([diskTime(dirname(path)), stat(path)]).then(
    ([now, { mtimeMs }]) => now - mtimeMs,
    () => 0,
  );

function locked({ path, holder, standing }: FoundLock, { what, name }: LockOptions): MachinistError {
  if (!holder)
    return new MachinistError("store.locked", `The lock ${path} names no process`, {
      hint: `If no other machinist runs, remove it: rm ${path}`,
    });
  const who = `Another machinist (${holderWords(holder)}) is working on ${what ?? basename(path)}`;
  return new MachinistError("store.locked", who, { hint: hintFor(standing, path, name), retryable: false });
}

function hintFor(standing: HolderStatus, path: string, name: string | undefined): string {
  if (standing === "alive" && name === undefined) return "Wait until it is done, then run the command again";
  if (standing === "alive")
    return `Wait until it is done, then run the command again. To see what it does: machinist unlock ${name} --dry-run`;
  return name === undefined
    ? `It may run on another computer. If it has ended, remove its lock: rm ${path}`
    : `It may run on another computer. If it has ended, release its lock: machinist unlock ${name}`;
}
