import { scopeOf } from "@machinist/core";
import type { PendingEvent } from "./pending-event.ts";
import type { HookWorld } from "./world.ts";

/** `due`: it has come true. `open`: it may yet, in this run or the next. `void`: it did not happen. */
export type EventStatus = "due" | "open" | "void";

/** Whether an event that was announced has happened, as the records tell now. */
export async function eventStatusOf(occurrence: PendingEvent, world: HookWorld): Promise<EventStatus> {
  const { event, until, machine, before } = occurrence;
  if (occurrence.dueAt !== undefined) return "due";
  if (until) return judgeResources(until, world);
  if (event === "machine.address") {
    const now = machine === undefined ? undefined : await world.machine(machine);
    return now?.address !== undefined && now.address !== before?.address ? "due" : "void";
  }
  if (machine !== undefined && (event === "machine.started" || event === "machine.stopped")) {
    const running = await world.running(machine);
    return running === (event === "machine.stopped") ? "void" : "due";
  }
  return event === "run.finished" ? "due" : "void";
}

async function judgeResources(
  { state, ids }: NonNullable<PendingEvent["until"]>,
  world: HookWorld,
): Promise<EventStatus> {
  const statuses = await Promise.all(
    ids.map(async (id) => (await world.record(scopeOf(id)))?.resources[id]?.status ?? "absent"),
  ).catch(() => undefined);
  // A record that cannot be read tells nothing.
  if (!statuses) return "open";
  if (state === "gone") return statuses.every((status) => status === "absent") ? "due" : "void";
  // That it is there does not say that it is ready: the next look at it does.
  return statuses.every((status) => status === "created" || status === "updating") ? "open" : "void";
}
