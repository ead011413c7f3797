import { scopeOf } from "@machinist/core";
import type { CertificateNotice, Plan, PlannedChange } from "@machinist/fleet";
import { cut, oneLine, pad, widthOf } from "@machinist/terminal-text";
import type { Style } from "../style.ts";
import { priceLines } from "./price.ts";
import { shortName } from "./progress.ts";
import { diffLines } from "./prop-diff.ts";
import { scopeTitle } from "./words.ts";

const signs = { create: "+", update: "~", replace: "±", delete: "-", unknown: "?", none: " " } as const;

export interface PlanView {
  readonly style: Style;
  /** Of the terminal; longer lines are cut. */
  readonly columns?: number | undefined;
}

/**
 * A plan by machine, what stays as it is left out, with values before and after, prices, certificates that end, the sum
 * and what to type next. Pure.
 */
export function planLines(plan: Plan, next: string, { style, columns }: PlanView): string[] {
  const changes = plan.changes.filter(({ action }) => action !== "none");
  const more = [certificateLines(plan, style), priceLines(plan.prices ?? [])];
  const parts =
    changes.length === 0
      ? [[`No changes. The machines of ${plan.fleet} match the manifest.`], ...more]
      : [changeLines(changes, style), ...more, [sumOf(changes), `${style.dim("next:")} ${next}`]];
  const lines = parts.filter((part) => part.length > 0).flatMap((part, index) => (index === 0 ? part : ["", ...part]));
  return columns === undefined ? lines : lines.map((line) => cut(line, columns));
}

function changeLines(changes: readonly PlannedChange[], style: Style): string[] {
  const width = Math.max(...changes.map(({ id }) => widthOf(shortName(id))));
  const scopes = [...new Set(changes.map(({ id }) => scopeOf(id)))];
  return scopes.flatMap((scope) => [
    style.bold(scopeTitle(scope)),
    ...changes.filter(({ id }) => scopeOf(id) === scope).flatMap((change) => linesOf(change, width, style)),
  ]);
}

function linesOf(change: PlannedChange, width: number, style: Style): string[] {
  const { id, action, diff = [], notes = [], refused, code } = change;
  const named = code === undefined ? "" : ` (${code})`;
  const paints = {
    create: style.green,
    update: refused === undefined ? style.yellow : style.red,
    replace: style.red,
    delete: style.red,
    unknown: style.yellow,
    none: style.dim,
  };
  const head = `${signs[action]} ${pad(shortName(id), width)}  ${reasonOf(change)}`.trimEnd();
  const details = [
    ...diffLines(diff, style),
    ...notes.map((note) => style.yellow(`! ${oneLine(note)}`)),
    ...(refused === undefined ? [] : [style.red(`✖ cannot be done: ${oneLine(refused)}${named}`)]),
  ];
  return [`  ${paints[action](head)}`, ...details.map((line) => `      ${line}`)];
}

function reasonOf({ action, props, drift, reason, how }: PlannedChange): string {
  if (action === "unknown") return `cannot be read${reason ? `: ${oneLine(reason)}` : ""}`;
  const what = props.length > 0 ? `: ${props.join(", ")}` : "";
  return `${action}${what}${drift ? " (changed outside machinist)" : ""}${how ? `; ${oneLine(how)}` : ""}`;
}

function certificateLines({ certificates = [], changes }: Plan, style: Style): string[] {
  return certificates.map((notice) => {
    const { of, machine, expires, days } = notice;
    const whose =
      of === "server" ? `certificate of ${machine}` : of === "ca" ? "certificate authority" : "client certificate";
    const when = days < 0 ? `ended on ${expires.slice(0, 10)}` : `ends in ${days} days, on ${expires.slice(0, 10)}`;
    return style.yellow(`! The ${whose} ${when}${remedy(notice, changes)}`);
  });
}

/** What to do about it, where there is something. */
function remedy({ of, machine }: CertificateNotice, changes: readonly PlannedChange[]): string {
  if (of === "ca") return ": machinist regenerate-certs --ca";
  const engines = changes.filter(({ kind, action }) => kind === "docker.engine" && action !== "none");
  if (of === "client") return engines.length > 0 ? "; up renews it" : ": machinist regenerate-certs --client-certs";
  return engines.some(({ id }) => scopeOf(id) === machine)
    ? "; up renews it"
    : `: machinist regenerate-certs ${machine}`;
}

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
