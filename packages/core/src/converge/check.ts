import { type Clock, systemClock } from "../clock.ts";
import type { Data, States } from "../contract/data.ts";
import type { AnyKind, Kinds } from "../contract/kind.ts";
import type { Resource } from "../contract/resource.ts";
import type { SavedResource, ScopeRecord, Store } from "../contract/store.ts";
import { prerequisites } from "../graph.ts";
import { createLimit } from "../limit.ts";
import { defaultRetry } from "../retry.ts";
import { changesOf } from "./decide.ts";
import { Ledger } from "./ledger.ts";
import { Session, type SessionOptions } from "./session.ts";

export interface ChangeChecks {
  readonly wanted: readonly Resource[];
  /** As they are saved; nothing is written back. */
  readonly records: readonly ScopeRecord[];
  readonly kinds: Kinds;
  readonly signal: AbortSignal;
  /** What is made anew, by agreement, and so is not changed; nor is what lives in it. */
  readonly replaced?: ReadonlySet<string>;
  readonly outside?: States;
  readonly clock?: Clock;
}

/**
 * Ask of all that is to be changed whether it can be, before anything is done. Throws the first refusal in the order of
 * `wanted`; what was only changed outside machinist is looked at when its turn comes.
 */
export async function checkChanges(input: ChangeChecks): Promise<void> {
  const { wanted, replaced = new Set() } = input;
  const session = readingSession(input);
  const byId = new Map(wanted.map((resource) => [resource.id, resource]));
  const anew = (id: string): boolean => replaced.has(id) || (byId.get(id)?.parents ?? []).some(anew);
  const results = await Promise.allSettled(
    wanted.map(async (resource) => {
      const saved = session.ledger.saved(resource.id);
      const kind = input.kinds[resource.kind];
      if (saved === undefined && kind !== undefined) await checkCreate(session, kind, resource, anew);
      if (!saved?.state || !kind || saved.kind !== resource.kind || anew(resource.id)) return;
      if (saved.status !== "created" && saved.status !== "updating") return;
      const changed = changesOf(kind, saved.props, resource.props);
      // Of an update that was cut short the record says what was wanted, not how far it came.
      if (changed.length > 0 || saved.status === "updating")
        await check(session, kind, { wanted: resource, saved, state: saved.state, changed });
    }),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Of one that is not there yet: ask whether it can be made, where what it needs is there. `anew`: what is to be made anew. */
export async function checkCreate(
  session: Session,
  kind: AnyKind,
  wanted: Resource,
  anew: (id: string) => boolean,
): Promise<void> {
  const look = kind.checkCreate?.bind(kind);
  const isThere = (id: string): boolean => {
    if (anew(id)) return false;
    const saved = session.ledger.saved(id);
    return saved === undefined ? session.ledger.state(id) !== undefined : saved.status === "created";
  };
  if (look && (kind.checkCreateAlone || prerequisites(wanted).every(isThere)))
    await session.askAgain(wanted, 0, (call) => look(call));
}

/** What is to become of one resource that is there. */
export interface Changing {
  readonly wanted: Resource;
  readonly saved: SavedResource;
  readonly state: Data;
  readonly changed: readonly string[];
}

export async function check(
  session: Session,
  kind: AnyKind,
  { wanted, saved, state, changed }: Changing,
): Promise<void> {
  const look = kind.check?.bind(kind);
  if (look) await session.askAgain(wanted, saved.generation, (call) => look({ ...call, state, changed }));
}

/** What an update would mean, as its kind finds out; only of one that could be done. */
export async function planNotes(
  session: Session,
  kind: AnyKind,
  { wanted, saved, state, changed }: Changing,
): Promise<readonly string[]> {
  const look = kind.planNotes?.bind(kind);
  if (!look) return [];
  return session.askAgain(wanted, saved.generation, (call) => look({ ...call, state, changed }));
}

/** What reads takes no locks, tells nobody and saves nothing. */
export function readingSession(
  input: Pick<ChangeChecks, "records" | "kinds" | "signal" | "outside" | "clock"> &
    Pick<SessionOptions, "again"> & { readonly concurrency?: number },
): Session {
  return new Session({
    ledger: new Ledger(readOnly, input.records, input.outside),
    clock: input.clock ?? systemClock,
    kinds: input.kinds,
    emit: () => {},
    signal: input.signal,
    limit: createLimit(input.concurrency ?? 16),
    retry: defaultRetry,
    random: Math.random,
    ...(input.again ? { again: input.again } : {}),
  });
}

const readOnly: Store = {
  list: async () => [],
  load: async () => undefined,
  save: async () => {},
  remove: async () => {},
  lock: async () => ({ release: async () => {} }),
};
