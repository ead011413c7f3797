import { type Clock, systemClock, throwIfCancelled } from "./clock.ts";
import { asMachinistError, type MachinistError } from "./error.ts";

export interface RetryPolicy {
  /** Tries in all. */
  readonly attempts: number;
  /** First wait, in ms; doubles up to `capMs`. */
  readonly baseMs: number;
  readonly capMs: number;
}

export const defaultRetry: RetryPolicy = { attempts: 6, baseMs: 400, capMs: 20_000 };

/**
 * How long to wait before try number `attempt` (from 1) is repeated. Half of it is fixed and half random, so that many
 * callers refused at once do not come back at once; never sooner than the other side asked for.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, error: MachinistError, random: () => number): number {
  const full = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
  return Math.max(error.retryAfterMs ?? 0, Math.round(full / 2 + (full / 2) * random()));
}

export interface RetryOptions {
  readonly policy?: RetryPolicy;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly signal?: AbortSignal;
  readonly onRetry?: (error: MachinistError, waitMs: number) => void;
}

/** Call `work` until it succeeds, fails for good, or the tries are used up. Only errors marked `retryable` are retried. */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { policy = defaultRetry, clock = systemClock, random = Math.random, signal } = options;
  for (let attempt = 1; ; attempt++) {
    throwIfCancelled(signal);
    try {
      return await work(attempt);
    } catch (thrown) {
      const error = asMachinistError(thrown);
      if (!error.retryable || attempt >= policy.attempts) throw error;
      const wait = backoffMs(policy, attempt, error, random);
      options.onRetry?.(error, wait);
      await clock.sleep(wait, signal);
    }
  }
}
