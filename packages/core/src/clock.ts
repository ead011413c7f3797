import { setTimeout as delay } from "node:timers/promises";
import { MachinistError } from "./error.ts";

/** Time as the reconciler sees it; tests put their own in its place. */
export interface Clock {
  /** ms since 1970, and never set: what it tells of two moments of one process is the time between them. */
  now(): number;
  /** Rejects with `cancelled` when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  async sleep(ms, signal) {
    throwIfCancelled(signal);
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (cause) {
      throw cancelled(cause);
    }
  },
};

export const cancelled = (cause?: unknown): MachinistError =>
  new MachinistError("cancelled", "The operation was cancelled", {
    cause,
    hint: "Run the same command again: it goes on where it stopped",
  });

/** A cancelled operation stops at its next safe point; this is one. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal.reason);
}
