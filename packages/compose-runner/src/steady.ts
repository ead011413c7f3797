import { type Clock, type MachinistError, systemClock } from "@machinist/core";

/** How long services must stay as they are after their last change before they are called ready, in ms. */
export const STEADY_MS = 10_000;
/** How long nothing may change while something is still missing, in ms. */
const STUCK_MS = 5 * 60_000;
const POLL_MS = 1_000;

/** What a look means. */
export interface Verdict {
  /** Two looks with the same one saw no change. */
  readonly signature: string;
  /** What is still missing, as it follows "waits for". */
  readonly missing?: string;
}

export interface Watching<T> {
  readonly look: () => Promise<T>;
  /** Throws what has failed for good. */
  readonly judge: (seen: T, now: number) => Verdict | Promise<Verdict>;
  /** The error when nothing has changed for too long and `missing` is still so. */
  readonly stuck: (seen: T, missing: string, afterMs: number) => MachinistError | Promise<MachinistError>;
  readonly log: (words: string) => void;
  readonly signal: AbortSignal;
  readonly steadyMs?: number;
  readonly stuckMs?: number;
  readonly clock?: Clock;
}

/**
 * Look until nothing is missing and nothing has changed for a steady period: what came up may go down again a moment
 * later. Returns what was seen last.
 */
export async function untilSteady<T>(watching: Watching<T>): Promise<T> {
  const { clock = systemClock, steadyMs = STEADY_MS, stuckMs = STUCK_MS } = watching;
  let changedAt = clock.now();
  let last: string | undefined;
  let said: string | undefined;
  for (;;) {
    const began = clock.now();
    const seen = await watching.look();
    const now = clock.now();
    const { signature, missing } = await watching.judge(seen, now);
    if (last !== undefined && signature !== last) changedAt = now;
    last = signature;
    const quiet = now - changedAt;
    if (missing === undefined && quiet >= steadyMs) return seen;
    if (missing !== undefined && quiet >= stuckMs) throw await watching.stuck(seen, missing, quiet);
    const words = missing === undefined ? `it to stay so for ${steadyMs / 1000} s` : missing;
    if (words !== said) watching.log(words);
    said = words;
    // A machine that is slow to tell has much to do: looking at it takes up to half of its time, and no more.
    const pause = Math.min(POLL_MS, Math.max(1, steadyMs / 4));
    await clock.sleep(Math.max(pause, now - began), watching.signal);
  }
}

/** How many of the last lines of what failed are shown. */
export const LAST_LINES = 20;

/** The last of what a program wrote, without empty lines and without what a terminal would obey. */
export function lastLines(text: string, most: number = LAST_LINES): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ""));
  return lines.filter((line) => line.trim() !== "").slice(-most);
}
