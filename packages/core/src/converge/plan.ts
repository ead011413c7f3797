import type { Clock } from "../clock.ts";
import type { Data, States } from "../contract/data.ts";
import type { Resource } from "../contract/resource.ts";
import type { ResourceTypes, UpdatePreview } from "../contract/resource-type.ts";
import type { SavedResource, ScopeRecord } from "../contract/store.ts";
import { digest } from "../digest.ts";
import { asMachinistError, type MachinistError } from "../error.ts";
import { order, prerequisites } from "../graph.ts";
import { check, checkCreate, planNotes, readingSession } from "./check.ts";
import { changesOf, decide, forcing } from "./decide.ts";
import { type PropChange, propChanges } from "./prop-changes.ts";
import type { Session } from "./session.ts";

export interface PlanInput {
  readonly wanted: readonly Resource[];
  /** Copies of the records; nothing is written back. */
  readonly records: readonly ScopeRecord[];
  readonly resourceTypes: ResourceTypes;
  readonly signal: AbortSignal;
  readonly outside?: States;
  readonly concurrency?: number;
  readonly clock?: Clock;
  /** Names of props that would be applied once more though nothing differs, by resource. */
  readonly again?: ReadonlyMap<string, readonly string[]>;
  /** Told each state as it was read: what is reached through a resource may be found by it at once. */
  readonly onSeen?: (id: string, state: Data) => void;
}

export interface ResourceChange {
  readonly id: string;
  readonly kind: string;
  readonly action: "create" | "update" | "replace" | "delete" | "none" | "unknown";
  /** Names of the props that differ (changed by you, or drifted); for `replace` those that force it. */
  readonly props: readonly string[];
  /** The real thing differs from what was declared. */
  readonly drift: boolean;
  /** For `unknown`: why it could not be read. */
  readonly reason?: string;
  /** For `update` and `replace`: before and after of everything that differs. */
  readonly diff?: readonly PropChange[];
  /** For `update`: how it is applied, as the kind foresees it. */
  readonly how?: string;
  /** For `update`: why it cannot be done. */
  readonly refused?: string;
  /** The error code of `reason` or `refused`. */
  readonly code?: string;
  /** What else is good to know before. */
  readonly notes?: readonly string[];
  /** Ids of what must be there first, its parents before all else; absent where it needs nothing. */
  readonly needs?: readonly string[];
  /** Digest of what was seen; absent where nothing was looked at, or nothing was there. */
  readonly seen?: string;
}

/**
 * What the reconciler would do now. Reads the truth, in parallel; writes nothing, here or there. What could not be read is
 * `unknown`, with the reason.
 */
export async function planChanges(input: PlanInput): Promise<ResourceChange[]> {
  const session = readingSession(input);
  const { stateManager } = session;
  const wanted = order(input.wanted, new Set(Object.keys(input.outside ?? {})));
  const tasks = new Map<string, Promise<ResourceChange>>();
  for (const resource of wanted) {
    const needed = prerequisites(resource).flatMap((id) => tasks.get(id) ?? []);
    tasks.set(
      resource.id,
      Promise.all(needed).then((before) => readAll(session, resource, before, input.onSeen)),
    );
  }
  const ids = new Set(wanted.map((resource) => resource.id));
  const gone = stateManager
    .all()
    .filter((saved) => !ids.has(saved.id))
    .map((saved) => change(saved, "delete"));
  return [...(await Promise.all(tasks.values())), ...gone];
}

async function readAll(
  session: Session,
  wanted: Resource,
  before: readonly ResourceChange[],
  onSeen: PlanInput["onSeen"],
): Promise<ResourceChange> {
  const saved = session.stateManager.saved(wanted.id);
  if (!saved) return lookNew(session, wanted, before);
  if (saved.status === "deleting") return change(wanted, "create");
  try {
    const place = placeMadeAnew(session, saved, before);
    if (place) return change(wanted, place.action, [place.id]);
    const state = await session.read(saved, saved.generation, saved.state);
    if (!state) return change(wanted, "create");
    onSeen?.(saved.id, state);
    return judge(session, saved, wanted, state);
  } catch (thrown) {
    const error = asMachinistError(thrown);
    if (error.code === "cancelled") throw error;
    return { ...change(wanted, "unknown"), reason: error.message, code: error.code };
  }
}

/** What has never been asked for: whether it could be made is known where all that it needs is there. */
async function lookNew(session: Session, wanted: Resource, before: readonly ResourceChange[]): Promise<ResourceChange> {
  const isAnew = ({ action }: ResourceChange) => action === "create" || action === "replace";
  const again = (id: string): boolean => before.some((each) => each.id === id && isAnew(each));
  const kind = session.known(wanted);
  const made = change(wanted, "create");
  if (kind === undefined) return made;
  const refused = await checkCreate(session, kind, wanted, again).then(() => undefined, refusal);
  return refused === undefined ? made : { ...made, refused: refused.message, code: refused.code };
}

/** What lives in something that is recreated is recreated with it: there is nothing to read yet. */
function placeMadeAnew(
  session: Session,
  { id, kind, parents, after = [] }: SavedResource,
  before: readonly ResourceChange[],
): ResourceChange | undefined {
  const again = (place: string) =>
    before.find((each) => each.id === place && (each.action === "create" || each.action === "replace"));
  if (parents.length > 0 || !session.kind({ id, kind }).deletedWithParent)
    return parents.flatMap((each) => again(each) ?? []).at(0);
  return after.every(again) ? after.flatMap((each) => again(each) ?? []).at(0) : undefined;
}

async function judge(session: Session, saved: SavedResource, wanted: Resource, state: Data): Promise<ResourceChange> {
  const kind = session.kind(wanted);
  const { action, props, drifted } = decide(saved, wanted, kind, state, session.again.get(saved.id));
  session.stateManager.see(saved.id, state);
  const judged = { ...change(wanted, action, props), drift: drifted.length > 0, seen: digest(state) };
  if (action === "none" || saved.kind !== wanted.kind) return judged;
  const foreseen = { state, props: wanted.props, changed: props };
  const { actual: seen, ...preview }: UpdatePreview = kind.previewUpdate?.(foreseen) ?? {};
  const diff = propChanges(saved.props, wanted.props, drifted, seen);
  if (action !== "update") return { ...judged, diff };
  const changing = { wanted, saved, state, changed: props };
  const refused = await check(session, kind, changing).then(() => undefined, refusal);
  const found = refused === undefined ? await planNotes(session, kind, changing) : [];
  const stops = refused === undefined && props.some((name) => kind.requiresRestart?.includes(name));
  return {
    ...{ ...judged, diff },
    ...(stops ? { how: "the machine is stopped for it" } : {}),
    ...(refused === undefined ? {} : { refused: refused.message, code: refused.code }),
    ...preview,
    ...(found.length > 0 ? { notes: [...(preview.notes ?? []), ...found] } : {}),
  };
}

function refusal(thrown: unknown): MachinistError {
  const error = asMachinistError(thrown);
  if (error.code === "cancelled" || error.retryable) throw error;
  return error;
}

function change(
  resource: Pick<Resource, "id" | "kind" | "parents" | "after">,
  action: ResourceChange["action"],
  props: readonly string[] = [],
): ResourceChange {
  const { id, kind } = resource;
  const needs = prerequisites(resource);
  return { id, kind, action, props, drift: false, ...(needs.length > 0 ? { needs } : {}) };
}

/** Which recorded resources the wanted props would force to be replaced, from the records alone, and why. */
export function forcedReplacements(
  wanted: readonly Resource[],
  saved: (id: string) => SavedResource | undefined,
  kinds: ResourceTypes,
): { readonly id: string; readonly props: readonly string[] }[] {
  return wanted.flatMap((resource) => {
    const before = saved(resource.id);
    const kind = kinds[resource.kind];
    if (!before || !kind || before.status === "deleting") return [];
    if (before.kind !== resource.kind) return [{ id: resource.id, props: ["kind"] }];
    const props = forcing(kind, changesOf(kind, before.props, resource.props));
    // A create that was interrupted is asked for again, with what is wanted now.
    return props.length > 0 && before.status !== "creating" ? [{ id: resource.id, props }] : [];
  });
}
