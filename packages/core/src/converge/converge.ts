import { type Clock, systemClock } from "../clock.ts";
import type { States } from "../contract/data.ts";
import type { Emit } from "../contract/event.ts";
import type { Resource } from "../contract/resource.ts";
import type { ResourceTypes } from "../contract/resource-type.ts";
import { asMachinistError, MachinistError } from "../error.ts";
import { dependents, order } from "../graph.ts";
import { createLimit } from "../limit.ts";
import { defaultRetry, type RetryPolicy } from "../retry.ts";
import { type Change, make, stayReady } from "./apply.ts";
import { BlockedError, Remover } from "./remove.ts";
import { Rolling } from "./rolling.ts";
import { RolloutLimiter } from "./rollout-limiter.ts";
import { Session } from "./session.ts";
import type { StateManager } from "./state-manager.ts";
import { WaitSet } from "./wait-set.ts";

export interface ConvergeInput {
  /** Everything the held scopes should contain. What they contain beyond it is removed. */
  readonly wanted: readonly Resource[];
  /** The records of the held scopes; changed as the work goes on. The caller holds their locks. */
  readonly stateManager: StateManager;
  readonly resourceTypes: ResourceTypes;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Recorded resources that are neither looked at nor removed: not what this run is about. */
  readonly untouched?: ReadonlySet<string>;
  /** States of resources in scopes that are not held, which wanted ones may depend on. */
  readonly outside?: States;
  /** How many requests may be under way at once. Default 16. */
  readonly concurrency?: number;
  /** Whether the user agreed that resources are replaced. Default false. */
  readonly replace?: boolean;
  /** By resource id: props to be applied once more though nothing differs (a certificate to be recreated, say). */
  readonly again?: ReadonlyMap<string, readonly string[]>;
  /**
   * What is removed is not taken out first of what goes on without it (a node out of its Swarm): it ends with what it
   * lives in, and the others are left with what remembers it. For what cannot be removed in order. Default false.
   */
  readonly abandon?: boolean;
  /** Resources on what nobody can reach any more: where they are to be removed, they are forgotten unasked. */
  readonly lost?: ReadonlySet<string>;
  /** Shared by runs at the same time over members of the same rolling groups. Default: this run's own. */
  readonly turns?: RolloutLimiter;
  readonly clock?: Clock;
  readonly retry?: RetryPolicy;
  readonly random?: () => number;
}

export interface ResourceOutcome {
  readonly id: string;
  readonly kind: string;
  readonly change: Change | "deleted" | "failed" | "blocked" | "cancelled";
  readonly error?: MachinistError;
  /** Time from the start of the run until it was done, in ms. */
  readonly ms: number;
}

/**
 * The one loop: make what is wanted, change what differs, remove what is wanted no more; prerequisites first, all else
 * in parallel. One failure stops only what depends on it. Killed at any point, the next call goes on from the records.
 * Never rejects for a resource's failure: each has its outcome.
 */
export async function converge(input: ConvergeInput): Promise<ResourceOutcome[]> {
  const start = (input.clock ?? systemClock).now();
  const first = await pass(input, start);
  const { stateManager } = input;
  // What was in order may have ended with what had to wait for its turn to be replaced: it is made in a second go.
  const lost = input.wanted.filter(({ id }) => stateManager.state(id) === undefined);
  const failed = first.some(({ change, error }) => change === "failed" && error?.code !== goneFrom);
  if (lost.length === 0 || failed || input.signal.aborted) return first;
  const second = new Map((await pass(input, start)).map((outcome) => [outcome.id, outcome]));
  return first.map((before) => {
    const after = second.get(before.id);
    return after === undefined || (after.change === "none" && !before.error) ? before : after;
  });
}

const goneFrom = "resource.parent-gone";

const parentGone = (parent: string, id: string) =>
  new MachinistError("resource.parent-gone", `${parent} ended before ${id} was made in it`, {
    hint: "Run the same command again",
  });

async function pass(input: ConvergeInput, start: number): Promise<ResourceOutcome[]> {
  const { stateManager, clock = systemClock } = input;
  const untouched = input.untouched ?? new Set();
  const wanted = order(input.wanted, new Set([...Object.keys(input.outside ?? {}), ...untouched]));
  const session = new Session({
    stateManager,
    clock,
    resourceTypes: input.resourceTypes,
    emit: input.emit,
    signal: input.signal,
    limit: createLimit(input.concurrency ?? 16),
    retry: input.retry ?? defaultRetry,
    random: input.random ?? Math.random,
    ...(input.again ? { again: input.again } : {}),
  });
  const ids = new Set(wanted.map((resource) => resource.id));
  const unwanted = stateManager.all().filter((saved) => !ids.has(saved.id) && !untouched.has(saved.id));
  const standing = new WaitSet();
  const rolling = new Rolling({
    session,
    wanted,
    unwanted,
    turns: input.turns ?? new RolloutLimiter(),
    onStanding: (id) => standing.tell(id),
  });
  const remover = new Remover(
    session,
    unwanted.map((saved) => saved.id),
    rolling,
    input,
  );
  const replacer = {
    allowed: input.replace ?? false,
    clear: (id: string) => remover.clear(id),
    forget: (id: string) => remover.forget(id),
  };
  const done = (resource: Resource, change: ResourceOutcome["change"], error?: MachinistError): ResourceOutcome => ({
    id: resource.id,
    kind: resource.kind,
    change,
    ms: clock.now() - start,
    ...(error ? { error } : {}),
  });

  const tasks = new Map<string, Promise<ResourceOutcome>>();
  const once = async (
    resource: Resource,
    needed: { readonly parents: readonly string[]; readonly after?: readonly string[] },
    work: () => Promise<ResourceOutcome["change"]>,
  ): Promise<ResourceOutcome> => {
    try {
      const before = await Promise.all([
        ...needed.parents.flatMap((id) => tasks.get(id) ?? []),
        ...(needed.after ?? []).flatMap((id) => standing.or(id, tasks.get(id)) ?? []),
      ]);
      const broken = before.find((outcome) => outcome?.error);
      if (broken) throw new BlockedError(resource.id, broken.error);
      const gone = ids.has(resource.id)
        ? needed.parents.find((id) => stateManager.holds(id) && stateManager.state(id) === undefined)
        : undefined;
      if (gone !== undefined) throw parentGone(gone, resource.id);
      const change = await work();
      await rolling.back(resource.id);
      return done(resource, change);
    } catch (thrown) {
      rolling.failed(resource.id);
      return fail(session, input.emit, resource, thrown, done);
    }
  };
  const needing = dependents(stateManager.all());
  const leaving = unwanted.map((saved) => ({ saved, users: usersOf(saved.id, needing, ids) }));
  for (const resource of wanted)
    tasks.set(
      resource.id,
      once(resource, resource, () => make(session, resource, replacer, rolling)),
    );
  const removals = leaving.map(({ saved, users }) =>
    once(saved, { parents: users }, () => remover.remove(saved.id).then(() => "deleted" as const)),
  );
  const outcomes = await Promise.all([...tasks.values(), ...removals]);
  // Who was done early may have lost its place to what was done to another of its group since.
  return Promise.all(
    outcomes.map((outcome) => {
      const resource = outcome.error ? undefined : wanted.find(({ id }) => id === outcome.id);
      if (!resource || !rolling.wasShaken(resource.id)) return outcome;
      return stayReady(session, resource).then(
        () => outcome,
        (thrown) => fail(session, input.emit, resource, thrown, done),
      );
    }),
  );
}

/** The wanted resources that stood on one which is wanted no more: they are brought off it before it goes. */
function usersOf(id: string, needing: ReadonlyMap<string, string[]>, wanted: ReadonlySet<string>): string[] {
  const reached = new Set([id]);
  for (const each of reached) if (!wanted.has(each)) for (const next of needing.get(each) ?? []) reached.add(next);
  return [...reached].filter((each) => wanted.has(each));
}

function fail(
  session: Session,
  emit: Emit,
  resource: Resource,
  thrown: unknown,
  done: (resource: Resource, change: ResourceOutcome["change"], error: MachinistError) => ResourceOutcome,
): ResourceOutcome {
  const error = asMachinistError(thrown);
  if (error instanceof BlockedError) {
    const root = rootOf(error);
    session.status(resource, "blocked", root.message);
    return done(resource, root.code === "cancelled" ? "cancelled" : "blocked", error);
  }
  if (error.code === "cancelled") return done(resource, "cancelled", error);
  const { code, message, hint } = error;
  emit({ type: "failed", id: resource.id, code, message, ...(hint === undefined ? {} : { hint }) });
  return done(resource, "failed", error);
}

function rootOf(error: MachinistError): MachinistError {
  let root: MachinistError = error;
  while (root instanceof BlockedError && root.cause !== undefined) root = asMachinistError(root.cause);
  return root;
}
