import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MachinistError } from "@machinist/core";
import { isAlive, markOf } from "./processes.ts";

/**
 * Do something while no other process does it. The lock is a file that names its holder by pid and start time, so a
 * holder's death frees it. Throws `nspawn.locked` after `waitMs`.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { readonly signal?: AbortSignal; readonly waitMs?: number } = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const mark = await markOf(process.pid);
  const mine = `${process.pid} ${mark?.startTime} ${randomBytes(6).toString("hex")}`;
  const draft = `${path}.${mine.replaceAll(" ", "-")}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    await take(path, draft, options);
  } finally {
    await rm(draft, { force: true });
  }
  try {
    return await work();
  } finally {
    if ((await read(path)) === mine) await rm(path, { force: true });
  }
}

async function take(path: string, draft: string, options: { signal?: AbortSignal; waitMs?: number }): Promise<void> {
  const deadline = Date.now() + (options.waitMs ?? 30_000);
  for (let pause = 2; ; pause = Math.min(pause * 1.2, 50)) {
    options.signal?.throwIfAborted();
    // A link comes with its content at once: nobody ever reads a half-written lock.
    if (await link(draft, path).then(() => true, refuseAllBut("EEXIST"))) return;
    const holder = await read(path);
    if (holder !== undefined && (await isDead(holder))) await evict(path, holder);
    else if (Date.now() >= deadline)
      throw new MachinistError("nspawn.locked", `Another process (${holder?.split(" ")[0]}) holds ${path}`, {
        retryable: true,
        hint: "Wait for it to end, then run the command again",
      });
    else await delay(pause * (0.5 + Math.random()));
  }
}

/** Only one process evicts at a time, and only the holder it saw dead: else it could evict the next one. */
async function evict(path: string, dead: string): Promise<void> {
  const gate = `${path}.evict`;
  const entered = await mkdir(gate).then(() => true, refuseAllBut("EEXIST"));
  if (!entered) {
    const age = await stat(gate).then(
      (info) => Date.now() - info.mtimeMs,
      () => 0,
    );
    // Its owner was killed inside; an eviction takes microseconds.
    if (age > 2000)
      await rename(gate, `${gate}.${process.pid}`).then(
        () => rm(`${gate}.${process.pid}`, { recursive: true }),
        () => {},
      );
    await delay(5);
    return;
  }
  try {
    if ((await read(path)) === dead) await rm(path, { force: true });
  } finally {
    await rm(gate, { recursive: true, force: true });
  }
}

async function isDead(holder: string): Promise<boolean> {
  const [pid = "", startTime = ""] = holder.split(" ");
  return !(await isAlive({ pid: Number(pid), startTime }));
}

const read = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);

const refuseAllBut =
  (code: string) =>
  (thrown: NodeJS.ErrnoException): false => {
    if (thrown.code === code) return false;
    throw thrown;
  };
