import type { KeptEvent } from "@machinist/fleet";
import { eventWords } from "./event-words.ts";
import type { PlanView, Progress } from "./plan-rows.ts";

/** How far a plan has come, by what events tell of its resources. The same object where they tell nothing. */
export function withProgress(view: PlanView, events: readonly KeptEvent[]): PlanView {
  const planned = new Set(view.plan.changes.map(({ id }) => id));
  const told: { [id: string]: Progress } = {};
  for (const event of events) {
    if (!("id" in event) || !planned.has(event.id)) continue;
    const before = told[event.id] ?? view.progress[event.id];
    const next = progressIn(event, before);
    if (next !== undefined) told[event.id] = next;
  }
  return Object.keys(told).length === 0 ? view : { ...view, progress: { ...view.progress, ...told } };
}

/** A step or a count says more about what is going on, and does not end it. */
function progressIn(event: KeptEvent, before: Progress | undefined): Progress | undefined {
  const { status, detail, mood } = eventWords(event);
  switch (event.type) {
    case "resource":
      return { status, detail: event.detail ?? "", mood };
    case "failed":
      return { status, detail, mood };
    case "step":
      return event.status === "applying" ? { status: before?.status ?? "updating", detail, mood: "busy" } : undefined;
    case "progress":
      return { status: before?.status ?? "creating", detail, mood: "busy" };
    default:
      return undefined;
  }
}
