import { cancelled, lockFile, throwIfCancelled } from "@machinist/core";

interface Options {
  readonly signal?: AbortSignal;
  /** How long to wait for another process. Default 30 s. */
  readonly waitMs?: number;
}

/** Of this process, who has each lock or waits for it: they take turns without looking at the disk. */
const lines = new Map<string, Promise<unknown>>();

/**
 * Do something while no other process of this computer does it, whichever container it runs in. The holder's death frees
 * the lock. Throws `store.locked` where another process keeps it.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: Options = {}): Promise<T> {
  const { signal, waitMs = 30_000 } = options;
  return inTurn(path, signal, async () => {
    const lock = await lockFile(path, { waitMs, what: path, ...(signal ? { signal } : {}) });
    try {
      return await work();
    } finally {
      await lock.release();
    }
  });
}

async function inTurn<T>(path: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const before = lines.get(path) ?? Promise.resolve();
  const mine = before.then(() => {
    throwIfCancelled(signal);
    return work();
  });
  const settled = mine.catch(() => {});
  lines.set(path, settled);
  void settled.then(() => lines.get(path) === settled && lines.delete(path));
  await orCancelled(before, signal);
  return mine;
}

/** Wait for `turn`, or throw as soon as nobody wants it any more. */
async function orCancelled(turn: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  throwIfCancelled(signal);
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled(signal));
    signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([turn, aborted]);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
