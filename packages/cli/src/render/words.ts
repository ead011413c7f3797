import { oneLine } from "@machinist/terminal-text";
import type { Style } from "../style.ts";
import type { Activity, ResourceProgress, ScopeProgress } from "./progress.ts";
import { isEnded, shortName } from "./progress.ts";

/** How a scope's name is shown: `@demo` is the fleet's shared part. */
export const scopeTitle = (scope: string): string => (scope.startsWith("@") ? "(shared)" : scope);

export type Mood = "waiting" | "working" | "done" | "failed" | "blocked";

/** The one word on a machine that its mark and colour come from. */
export function moodOf(scope: ScopeProgress): Mood {
  if (scope.failure) return "failed";
  if (scope.power) return scope.power.done ? "done" : "working";
  const statuses = [...scope.resources.values()].map(({ status }) => status);
  if (statuses.length === 0) return "waiting";
  if (statuses.some((status) => !isEnded(status))) return "working";
  if (statuses.includes("failed")) return "failed";
  return statuses.includes("blocked") ? "blocked" : "done";
}

export function paint(mood: Mood, style: Style): (text: string) => string {
  const paints = {
    waiting: style.dim,
    working: style.cyan,
    done: style.green,
    failed: style.red,
    blocked: style.yellow,
  };
  return paints[mood];
}

export const marks = { waiting: "·", done: "✔", failed: "✖", blocked: "!" } as const;

/** What a finished machine has become. */
export function verdict(scope: ScopeProgress): string {
  if (scope.failure) return `failed: ${oneLine(scope.failure.message)}`;
  if (scope.power) return powerDone[scope.power.action] ?? `${scope.power.action}: done`;
  const resources = [...scope.resources.values()];
  const failed = resources.find(({ status }) => status === "failed");
  if (failed) return `${shortName(failed.id)} failed: ${oneLine(failed.detail ?? "")}`;
  const blocked = resources.find(({ status }) => status === "blocked");
  if (blocked) return `${shortName(blocked.id)} blocked${blocked.detail ? ` by ${oneLine(blocked.detail)}` : ""}`;
  if (resources.every(({ status }) => status === "unchanged")) return "unchanged";
  return resources.every(({ status }) => status === "deleted") ? "removed" : "ready";
}

const powerDone: { readonly [action: string]: string } = {
  start: "started",
  stop: "stopped",
  restart: "restarted",
  kill: "killed",
};

/** What a resource does now, in a few words: its step, else its status with what it waits for. */
export function doing({ status, detail, step, counted }: ResourceProgress): string {
  if (step && !isEnded(status) && step.status !== "applied" && step.status !== "unchanged")
    return `${stepWords[step.status]}${oneLine(step.name)}`;
  const amount = counted && !isEnded(status) ? ` ${amountOf(counted)}` : "";
  return `${status}${detail ? detailOf(status, oneLine(detail)) : ""}${amount}`;
}

const stepWords = { checking: "checking ", applying: "", failed: "failed at " } as const;

function detailOf(status: Activity, detail: string): string {
  if (status === "waiting") return ` for ${detail}`;
  if (status === "blocked") return ` by ${detail}`;
  return `: ${detail}`;
}

/** `12.5 of 80.0 MB`, `3 of 9`, `7 files`. */
export function amountOf({ done, total, unit }: { done: number; total?: number; unit?: string }): string {
  if (unit !== "bytes") return `${done}${total === undefined ? "" : ` of ${total}`}${unit ? ` ${oneLine(unit)}` : ""}`;
  const mega = (bytes: number) => (bytes / 1e6).toFixed(1);
  return total === undefined ? `${mega(done)} MB` : `${mega(done)} of ${mega(total)} MB`;
}
