import { type EngineApi, shape } from "@machinist/core";
import { answered } from "./api-types.ts";

const { anyNumber, anyText, listOf, mapOf, maybe } = shape;

interface SwarmTask {
  readonly ServiceID?: string;
  /** Absent for tasks of global services, which run on their node or nowhere. */
  readonly Slot?: number;
  readonly NodeID?: string;
  readonly Status: { readonly State: string };
}

const isTask = mapOf({
  ...{ ServiceID: maybe(anyText), Slot: maybe(anyNumber), NodeID: maybe(anyText) },
  Status: mapOf({ State: anyText }),
});

const ended = new Set(["complete", "shutdown", "failed", "rejected", "remove", "orphaned"]);

async function tasks(manager: EngineApi, filters: object, signal: AbortSignal): Promise<SwarmTask[]> {
  const query = encodeURIComponent(JSON.stringify(filters));
  return answered(manager, `/tasks?filters=${query}`, listOf(isTask), { signal });
}

/** How many containers a node still runs for the Swarm. */
export async function tasksOn(manager: EngineApi, node: string, signal: AbortSignal): Promise<number> {
  const all = await tasks(manager, { node: [node] }, signal);
  return all.filter(({ Status }) => !ended.has(Status.State)).length;
}

/** The places of replicated services (`SERVICE.SLOT`) that should be filled and are not. */
export async function unfilled(manager: EngineApi, signal: AbortSignal): Promise<Set<string>> {
  const meant = await tasks(manager, { "desired-state": ["running", "ready", "accepted"] }, signal);
  const slots = new Map<string, boolean>();
  for (const { ServiceID = "", Slot, Status } of meant) {
    if (!Slot || ended.has(Status.State)) continue;
    const slot = `${ServiceID}.${Slot}`;
    slots.set(slot, slots.get(slot) === true || Status.State === "running");
  }
  return new Set([...slots].filter(([, filled]) => !filled).map(([slot]) => slot));
}

/** How many tasks that belong on a node are on their way there: those of global services, once it takes tasks again. */
export async function startingOn(manager: EngineApi, node: string, signal: AbortSignal): Promise<number> {
  const meant = await tasks(manager, { node: [node], "desired-state": ["running"] }, signal);
  return meant.filter(({ Status }) => !ended.has(Status.State) && Status.State !== "running").length;
}
