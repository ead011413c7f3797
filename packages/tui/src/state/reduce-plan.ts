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

const ends: ReadonlySet<string> = new Set(["ready", "unchanged", "deleted", "blocked"]);

/** A step or a count says more about what is going on, and does not end it. */
function progressIn(event: KeptEvent, before: Progress | undefined): Progress | undefined {
  const { status, detail, mood } = eventWords(event);
  // One that is begun again, by the next run, is timed again.
  const since = before === undefined || before.ended !== undefined ? event.at : before.since;
  switch (event.type) {
    case "resource":
      return {
        ...{ status, detail: event.detail ?? "", mood, since },
        ...(ends.has(event.status) ? { ended: event.at } : {}),
      };
    case "failed":
      return { status, detail, mood, since, ended: event.at };
    case "step":
      if (event.status !== "applying") return undefined;
      return { status: before?.status ?? "updating", detail, mood: "busy", since };
    case "progress":
      return { status: before?.status ?? "creating", detail, mood: "busy", since };
    default:
      return undefined;
  }
}
