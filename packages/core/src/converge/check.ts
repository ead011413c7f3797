import { type Clock, systemClock } from "../clock.ts";
import type { Data, States } from "../contract/data.ts";
import type { Resource } from "../contract/resource.ts";
import type { AnyResourceType, ResourceTypes } from "../contract/resource-type.ts";
import type { SavedResource, ScopeRecord, Store } from "../contract/store.ts";
import { prerequisites } from "../graph.ts";
import { createLimit } from "../limit.ts";
import { defaultRetry } from "../retry.ts";
import { changesOf } from "./decide.ts";
import { Session, type SessionOptions } from "./session.ts";
import { StateManager } from "./state-manager.ts";

export interface ChangeChecks {
  readonly wanted: readonly Resource[];
  /** As they are saved; nothing is written back. */
  readonly records: readonly ScopeRecord[];
  readonly resourceTypes: ResourceTypes;
  readonly signal: AbortSignal;
  /** What is recreated, by agreement, and so is not changed; nor is what lives in it. */
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
  const again = (id: string): boolean => replaced.has(id) || (byId.get(id)?.parents ?? []).some(again);
  const results = await Promise.allSettled(
    wanted.map(async (resource) => {
      const saved = session.stateManager.saved(resource.id);
      const kind = input.resourceTypes[resource.kind];
      if (saved === undefined && kind !== undefined) await checkCreate(session, kind, resource, again);
      if (!saved?.state || !kind || saved.kind !== resource.kind || again(resource.id)) return;
      if (saved.status !== "created" && saved.status !== "updating") return;
      const changed = changesOf(kind, saved.props, resource.props);
      // Of an update that was interrupted the record says what was wanted, not how far it came.
      if (changed.length > 0 || saved.status === "updating")
        await check(session, kind, { wanted: resource, saved, state: saved.state, changed });
    }),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Of one that is not there yet: ask whether it can be made, where what it needs is there. `again`: what is to be recreated. */
export async function checkCreate(
  session: Session,
  kind: AnyResourceType,
  wanted: Resource,
  again: (id: string) => boolean,
): Promise<void> {
  const look = kind.checkCreate?.bind(kind);
  const isThere = (id: string): boolean => {
    if (again(id)) return false;
    const saved = session.stateManager.saved(id);
    return saved === undefined ? session.stateManager.state(id) !== undefined : saved.status === "created";
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
  kind: AnyResourceType,
  { wanted, saved, state, changed }: Changing,
): Promise<void> {
  const look = kind.check?.bind(kind);
  if (look) await session.askAgain(wanted, saved.generation, (call) => look({ ...call, state, changed }));
}

/** What an update would mean, as its kind finds out; only of one that could be done. */
export async function planNotes(
  session: Session,
  kind: AnyResourceType,
  { wanted, saved, state, changed }: Changing,
): Promise<readonly string[]> {
  const look = kind.planNotes?.bind(kind);
  if (!look) return [];
  return session.askAgain(wanted, saved.generation, (call) => look({ ...call, state, changed }));
}

/** What reads takes no locks, tells nobody and saves nothing. */
export function readingSession(
  input: Pick<ChangeChecks, "records" | "resourceTypes" | "signal" | "outside" | "clock"> &
    Pick<SessionOptions, "again"> & { readonly concurrency?: number },
): Session {
  return new Session({
    stateManager: new StateManager(readOnly, input.records, input.outside),
    clock: input.clock ?? systemClock,
    resourceTypes: input.resourceTypes,
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
