import { isMachinistError, MachinistError } from "@machinist/core";

/** Wait `ms`, or until the signal says otherwise. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(stopped(signal));
    const onAbort = () => {
      clearTimeout(timer);
      reject(stopped(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });

const stopped = (signal: AbortSignal): unknown =>
  isMachinistError(signal.reason)
    ? signal.reason
    : new MachinistError("cancelled", "The operation was cancelled", { cause: signal.reason });

export interface PollOptions {
  readonly signal: AbortSignal;
  /** No attempt begins later than this after the first, in ms. */
  readonly forMs: number;
  /** Whether a failure may pass by itself. */
  readonly passing: (error: unknown) => boolean;
}

/** Do it again while it fails in passing, a little later each time. The last failure is thrown. */
export async function patiently<T>(attempt: () => Promise<T>, { signal, forMs, passing }: PollOptions): Promise<T> {
  const until = Date.now() + forMs;
  for (let wait = 150; ; wait = Math.min(wait * 1.6, 2_000)) {
    try {
      return await attempt();
    } catch (error) {
      if (!passing(error) || Date.now() + wait > until) throw error;
      await pause(wait * (0.75 + Math.random() / 2), signal);
    }
  }
}

/** Look every `everyMs` until `done` answers something; undefined after `forMs`. */
export async function eventually<T>(
  done: () => Promise<T | undefined>,
  { signal, forMs, everyMs = 250 }: { signal: AbortSignal; forMs: number; everyMs?: number },
): Promise<T | undefined> {
  const until = Date.now() + forMs;
  for (;;) {
    const found = await done();
    if (found !== undefined || Date.now() > until) return found;
    await pause(everyMs, signal);
  }
}
