import { systemClock, throwIfCancelled } from "../clock.ts";

/** By a lock's path, the waiting of this process, first come first. */
const waiting = new Map<string, AbortController[]>();

/** Wait for so long, in ms, or until this process releases the lock and it is one's turn to try. */
export async function waitForLock(path: string, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const bell = new AbortController();
  const line = waiting.get(path) ?? [];
  waiting.set(path, line);
  line.push(bell);
  try {
    await systemClock.sleep(ms, signal ? AbortSignal.any([signal, bell.signal]) : bell.signal);
  } catch {
    throwIfCancelled(signal);
  } finally {
    if (line.includes(bell)) line.splice(line.indexOf(bell), 1);
    if (line.length === 0 && waiting.get(path) === line) waiting.delete(path);
  }
}

/** A lock was released: the first who waits for it here need not find out by looking. */
export function lockReleased(path: string): void {
  waiting.get(path)?.shift()?.abort();
}
