import { type Clock, systemClock } from "../clock.ts";
import type { OwnedResource } from "../contract/driver.ts";
import type { Emit } from "../contract/event.ts";
import type { Call, ResourceTypes } from "../contract/resource-type.ts";
import { asMachinistError, MachinistError } from "../error.ts";
import { createLimit } from "../limit.ts";
import { defaultRetry, type RetryPolicy, retry } from "../retry.ts";
import type { ResourceOutcome } from "./converge.ts";
import { within } from "./within.ts";

export interface OwnedRemoval {
  /** In the order in which they must go; neighbours of one kind go at once. */
  readonly objects: readonly OwnedResource[];
  readonly resourceTypes: ResourceTypes;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly concurrency?: number;
  readonly clock?: Clock;
  readonly retry?: RetryPolicy;
}

/** The id by which events and outcomes speak of an object that no record knows. */
export const ownedId = ({ fleet, owner }: Pick<OwnedResource, "fleet" | "owner">): string =>
  `@${fleet || "unknown"}/${owner}`;

/**
 * Remove objects that no record knows, by what their provider tells of them alone. Each is done only when it was seen to be
 * gone. Never rejects for one object: each has its outcome.
 */
export async function removeOwned(input: OwnedRemoval): Promise<ResourceOutcome[]> {
  const clock = input.clock ?? systemClock;
  const limit = createLimit(input.concurrency ?? 16);
  const start = clock.now();
  const outcomes: ResourceOutcome[] = [];
  for (const group of groups(input.objects))
    outcomes.push(
      ...(await Promise.all(
        group.map((object) =>
          limit(async (): Promise<ResourceOutcome> => {
            const about = { id: ownedId(object), kind: object.kind };
            try {
              await removeOne(input, clock, object);
              input.emit({ type: "resource", ...about, status: "deleted" });
              return { ...about, change: "deleted", ms: clock.now() - start };
            } catch (thrown) {
              const error = asMachinistError(thrown);
              const cancelled = error.code === "cancelled" || input.signal.aborted;
              const { code, message, hint } = error;
              if (!cancelled) input.emit({ type: "failed", id: about.id, code, message, ...(hint ? { hint } : {}) });
              return { ...about, change: cancelled ? "cancelled" : "failed", error, ms: clock.now() - start };
            }
          }),
        ),
      )),
    );
  return outcomes;
}

async function removeOne(input: OwnedRemoval, clock: Clock, object: OwnedResource): Promise<void> {
  const { emit, signal } = input;
  const id = ownedId(object);
  const kind = input.resourceTypes[object.kind];
  if (!kind)
    throw new MachinistError("kind.unknown", `Nothing here knows how to remove ${object.label} (${object.kind})`, {
      hint: "Install the package of the driver it was made with",
    });
  const ask = <T>(work: (call: Call) => Promise<T>): Promise<T> =>
    retry(() => within(kind.callTimeoutMs ?? 1_200_000, signal, id, (until) => work(callFor(object, until, emit))), {
      clock,
      signal,
      policy: input.retry ?? defaultRetry,
    });
  emit({ type: "resource", id, kind: object.kind, status: "deleting" });
  await ask((call) => kind.delete({ ...call, state: object.state }));
  const start = clock.now();
  while (await ask((call) => kind.read({ ...call, state: object.state }))) {
    if (clock.now() - start >= (kind.readyTimeoutMs ?? 300_000))
      throw new MachinistError("resource.timeout", `${object.label} is still there after it was deleted`, {
        hint: "Run the same command again to go on waiting",
      });
    emit({ type: "resource", id, kind: object.kind, status: "waiting", detail: "it to be gone" });
    await clock.sleep(kind.pollIntervalMs ?? 1000, signal);
  }
}

const callFor = (object: OwnedResource, signal: AbortSignal, emit: Emit): Call => {
  const id = ownedId(object);
  return {
    id,
    fleet: object.fleet,
    props: {},
    owner: object.owner,
    dependencies: {},
    signal,
    log: (message, level = "info") => emit({ type: "log", id, level, message }),
    step: () => {},
    progress: () => {},
  };
};

function groups(objects: readonly OwnedResource[]): OwnedResource[][] {
  const found: OwnedResource[][] = [];
  for (const object of objects) {
    const last = found.at(-1);
    if (last?.[0]?.kind === object.kind) last.push(object);
    else found.push([object]);
  }
  return found;
}
