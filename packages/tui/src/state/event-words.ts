import type { ResourceStatus } from "@machinist/core";
import type { KeptEvent } from "@machinist/fleet";
import type { Mood } from "./rows.ts";

export interface EventWords {
  readonly what: string;
  readonly status: string;
  readonly detail: string;
  readonly mood: Mood;
}

/** Whether an event is about a machine or something of it. */
export function isAbout(event: KeptEvent, machine: string): boolean {
  if (event.type === "run") return event.machines?.includes(machine) ?? false;
  if (event.type === "power") return event.machine === machine;
  return event.id === machine || event.id.startsWith(`${machine}/`);
}

/** The machines that an event is about. */
export function machinesIn(event: KeptEvent): readonly string[] {
  if (event.type === "run") return event.machines ?? [];
  if (event.type === "power") return [event.machine];
  const scope = event.id.split("/")[0]!;
  return scope === "" || scope.startsWith("@") ? [] : [scope];
}

const endings: { readonly [status: string]: Mood } = {
  ready: "good",
  unchanged: "faint",
  deleted: "faint",
  blocked: "warn",
  retrying: "warn",
} satisfies { [status in ResourceStatus]?: Mood };

/** An event as a line of a table. */
export function eventWords(event: KeptEvent): EventWords {
  switch (event.type) {
    case "resource":
      return words(localOf(event.id), event.status, event.detail ?? event.kind, endings[event.status] ?? "busy");
    case "step":
      return words(localOf(event.id), event.status, event.step, event.status === "failed" ? "bad" : "plain");
    case "progress":
      return words(localOf(event.id), "progress", amount(event), "busy");
    case "log":
      return words(localOf(event.id), event.level, event.message, event.level === "error" ? "bad" : "plain");
    case "failed":
      return words(localOf(event.id), "failed", `${event.message} (${event.code})`, "bad");
    case "power":
      return words(event.action, event.status, "", event.status === "done" ? "good" : "busy");
    case "run":
      return words(event.action, event.status, event.run, event.status === "failed" ? "bad" : "plain");
  }
}

const words = (what: string, status: string, detail: string, mood: Mood): EventWords => ({
  what,
  status,
  detail,
  mood,
});

const localOf = (id: string): string => (id.includes("/") ? id.slice(id.indexOf("/") + 1) : id);

function amount({ done, total, unit = "" }: { done: number; total?: number; unit?: string }): string {
  return `${done}${total === undefined ? "" : ` of ${total}`} ${unit}`.trim();
}

/** What an event says a machine is busy with; undefined where it ends that, null where it says nothing about it. */
export function activityIn(event: KeptEvent): string | undefined | null {
  switch (event.type) {
    case "run":
      return event.status === "started" ? event.action : undefined;
    case "resource":
      if (event.status in endings && event.status !== "retrying") return null;
      return `${event.status} ${localOf(event.id)}${event.detail === undefined ? "" : ` ${event.detail}`}`;
    case "step":
      return event.status === "applying" ? event.step : null;
    case "power":
      return event.status === "done" ? null : event.action;
    case "failed":
      return `${localOf(event.id)} failed: ${event.message}`;
    default:
      return null;
  }
}
