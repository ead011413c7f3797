import { scopeOf } from "@machinist/core";
import type { Plan, PlannedChange } from "@machinist/fleet";
import type { Style } from "../style.ts";
import { oneLine, pad, widthOf } from "../width.ts";
import { shortName } from "./progress.ts";
import { scopeTitle } from "./words.ts";

const signs = { create: "+", update: "~", replace: "±", delete: "-", unknown: "?" } as const;

/** A plan by machine, what stays as it is left out, with the sum and what to type next. Pure. */
export function planLines(plan: Plan, next: string, style: Style): string[] {
  const changes = plan.changes.filter(({ action }) => action !== "none");
  if (changes.length === 0) return [`${plan.fleet}: nothing to do, everything is as declared`];
  const paints = {
    create: style.green,
    update: style.yellow,
    replace: style.red,
    delete: style.red,
    unknown: style.yellow,
  };
  const width = Math.max(...changes.map(({ id }) => widthOf(shortName(id))));
  const lines: string[] = [];
  let scope = "";
  for (const change of changes) {
    if (scopeOf(change.id) !== scope) {
      scope = scopeOf(change.id);
      lines.push(style.bold(scopeTitle(scope)));
    }
    if (change.action === "none") continue;
    const paint = paints[change.action];
    lines.push(
      `  ${paint(`${signs[change.action]} ${pad(shortName(change.id), width)}  ${reasonOf(change)}`)}`.trimEnd(),
    );
  }
  return [...lines, "", sumOf(changes), `${style.dim("next:")} ${next}${replaces(changes) ? " --replace" : ""}`];
}

function reasonOf({ action, props, drift, reason }: PlannedChange): string {
  if (action === "unknown") return `cannot be read${reason ? `: ${oneLine(reason)}` : ""}`;
  const what = props.length > 0 ? `: ${props.join(", ")}` : "";
  return `${action}${what}${drift ? " (changed behind our back)" : ""}`;
}

const replaces = (changes: readonly PlannedChange[]): boolean => changes.some(({ action }) => action === "replace");

function sumOf(changes: readonly PlannedChange[]): string {
  const words = {
    create: "to create",
    update: "to change",
    replace: "to replace",
    delete: "to delete",
    unknown: "unknown",
  };
  const parts = (Object.keys(words) as (keyof typeof words)[])
    .map((action) => ({ action, count: changes.filter((change) => change.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ action, count }) => `${count} ${words[action]}`);
  return `Plan: ${parts.join(", ")}.`;
}
