import type { Lease } from "@machinist/core";

/**
 * A machine's lease after it was asked for as `askedMs` says. What was asked for before stays as it is, also where it was
 * changed since by `lease`; another length begins now; none ends what a manifest began.
 */
export async function leaseOf(
  before: Lease | undefined,
  askedMs: number | undefined,
  now: () => Promise<number>,
): Promise<Lease | undefined> {
  if (askedMs === before?.askedMs) return before;
  return askedMs === undefined ? undefined : { until: (await now()) + askedMs, askedMs };
}

/** Whether a lease has ended, by the store's clock. */
export const hasEnded = (lease: Lease | undefined, now: number): boolean =>
  typeof lease?.until === "number" && lease.until <= now;
