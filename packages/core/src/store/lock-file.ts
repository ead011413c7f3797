import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { systemClock, throwIfCancelled } from "../clock.ts";
import type { Lock } from "../contract/store.ts";
import { MachinistError } from "../error.ts";
import { writeError } from "./atomic-write.ts";
import { processMark } from "./process-mark.ts";

interface Holder {
  readonly pid: number;
  readonly mark: string;
  readonly host: string;
}

export interface LockOptions {
  /** How long to wait for a living holder, in ms. Default 0. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** What is locked, for the error's sentence. */
  readonly what?: string;
}

/**
 * Take a lock that its holder's death frees: a file that names the holder's process, put in place with its content by
 * link(2), so that nobody ever sees it half-written. Throws `store.locked`.
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<Lock> {
  const { waitMs = 0, signal } = options;
  const own: Holder = { pid: process.pid, mark: (await processMark(process.pid)) ?? "", host: hostname() };
  const content = JSON.stringify({ ...own, key: randomBytes(8).toString("hex") });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((cause) => {
    throw writeError(path, cause);
  });
  const deadline = Date.now() + waitMs;
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 500)) {
    throwIfCancelled(signal);
    if (await place(path, content)) return { release: () => release(path, content) };
    const seen = await readHolder(path);
    if (seen && !(await isHeld(seen.holder))) {
      await breakStale(path, seen.content);
      continue;
    }
    if (seen && Date.now() >= deadline) throw locked(path, options.what, seen.holder);
    await systemClock.sleep(Math.min(pause, Math.max(deadline - Date.now(), 1)), signal);
  }
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

async function readHolder(path: string): Promise<{ content: string; holder: Holder } | undefined> {
  try {
    const content = await readFile(path, "utf8");
    const holder = JSON.parse(content) as Partial<Holder> | null;
    if (typeof holder?.pid !== "number" || typeof holder.host !== "string") throw new Error("it names no process");
    return { content, holder: holder as Holder };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new MachinistError("store.locked", `The lock ${path} cannot be read`, {
      cause,
      hint: `If no other machinist runs, remove the file ${path}`,
    });
  }
}

async function isHeld(holder: Holder): Promise<boolean> {
  // A store on a shared disk: whether a process lives on another computer cannot be told from here.
  if (holder.host !== hostname()) return true;
  // Nor where this process may not look, or has no file left to look with: then the lock is believed.
  return processMark(holder.pid).then(
    (mark) => mark === holder.mark,
    () => true,
  );
}

/**
 * Remove a dead holder's lock. Only one process may do so at a time and it looks again first: otherwise a slow one
 * could remove the lock that a quicker one has just taken.
 */
async function breakStale(path: string, stale: string): Promise<void> {
  const breaker = `${path}.breaking`;
  if (!(await place(breaker, stale))) {
    // Held for a few system calls; an old one was left by a process killed in between.
    const age = await stat(breaker).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > 5000) await rm(breaker, { force: true });
    else await systemClock.sleep(10);
    return;
  }
  try {
    if ((await readHolder(path))?.content === stale) await rm(path, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
}

async function release(path: string, content: string): Promise<void> {
  if ((await readHolder(path).catch(() => undefined))?.content === content) await rm(path, { force: true });
}

function locked(path: string, what: string | undefined, holder: Holder): MachinistError {
  const where = holder.host === hostname() ? "" : ` on ${holder.host}`;
  return new MachinistError(
    "store.locked",
    `Another machinist (process ${holder.pid}${where}) is working on ${what ?? path}`,
    {
      hint: where
        ? `If it is not running any more, remove ${path}`
        : "Wait until it is done, then run the command again",
      retryable: false,
    },
  );
}
