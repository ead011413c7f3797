import { systemClock } from "../clock.ts";
import type { Kinds } from "../contract/kind.ts";
import type { Resource } from "../contract/resource.ts";
import { createLimit } from "../limit.ts";
import { defaultRetry } from "../retry.ts";
import type { Ledger } from "./ledger.ts";
import { Session } from "./session.ts";

export interface AdmitInput {
  readonly wanted: readonly Resource[];
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly signal: AbortSignal;
}

/**
 * Ask the kinds of what is there whether it may become what is wanted, before anything is changed. Throws the first
 * refusal.
 */
export async function admitChanges({ wanted, ledger, kinds, signal }: AdmitInput): Promise<void> {
  const session = new Session({
    ledger,
    kinds,
    signal,
    clock: systemClock,
    emit: () => {},
    limit: createLimit(16),
    retry: defaultRetry,
    random: Math.random,
  });
  await Promise.all(
    wanted.map(async (resource) => {
      const saved = ledger.saved(resource.id);
      const kind = kinds[resource.kind];
      if (!kind?.admit || !saved?.state || saved.kind !== resource.kind || saved.status === "deleting") return;
      const { state } = saved;
      const admit = kind.admit.bind(kind);
      await session.ask(resource, saved.generation, (call) => admit({ ...call, state }));
    }),
  );
}
