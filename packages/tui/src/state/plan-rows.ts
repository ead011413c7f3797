import type { FleetSpec, Price } from "@machinist/core";
import type { MachinePrice, Plan, PlannedChange, SavedPlan } from "@machinist/fleet";
import type { Mood, Row } from "./rows.ts";
import type { Table } from "./table.ts";
import { timeWord } from "./time-word.ts";
import { treeOf } from "./tree.ts";

/** What a manifest's plan says, and how far it has come since. */
export interface PlanView {
  /** As it was named; empty for the one that was found. */
  readonly file: string;
  readonly spec: FleetSpec;
  readonly plan: Plan;
  /** What the manifest's reader found odd, in sentences. */
  readonly warnings: readonly string[];
  /** By resource: what events told of it since the plan is shown. */
  readonly progress: { readonly [id: string]: Progress };
}

export interface Progress {
  readonly status: string;
  readonly detail: string;
  readonly mood: Mood;
  /** When it was first told of, ms since 1970. */
  readonly since: number;
  /** When it came to its end; absent while it is under way. */
  readonly ended?: number;
}

export const changesOf = ({ changes }: Plan): PlannedChange[] => changes.filter(({ action }) => action !== "none");

const moods: { readonly [action in PlannedChange["action"]]: Mood } = {
  create: "good",
  update: "busy",
  replace: "warn",
  delete: "bad",
  unknown: "warn",
  none: "faint",
};

const scopeOf = (id: string): string => id.slice(0, id.indexOf("/"));
const localOf = (id: string): string => id.slice(id.indexOf("/") + 1);

/** Why `up` would not begin. */
const problemsIn = ({ problems = [] }: Plan): string[] => problems.map(({ code, message }) => `${message} (${code})`);

/** Under each machine what is to be done to it, and beside that how it stands. What stays as it is comes last. */
export function planTable({ plan, progress, file, warnings }: PlanView, program: string, now: number): Table {
  const scopes = new Map<string, PlannedChange[]>();
  for (const change of plan.changes)
    scopes.set(scopeOf(change.id), [...(scopes.get(scopeOf(change.id)) ?? []), change]);
  const rows = [...scopes].flatMap(([scope, changes]) => {
    const ended = changes.filter(({ id }) => ["good", "faint"].includes(progress[id]?.mood ?? "")).length;
    const begun = changes.some(({ id }) => id in progress);
    const wanted = changes.filter(({ action }) => action !== "none").length;
    const count = begun
      ? `${ended} of ${changes.length} done`
      : wanted === 0
        ? "unchanged"
        : `${wanted} ${wanted === 1 ? "change" : "changes"}`;
    const title = `${scope.startsWith("@") ? "(shared)" : scope}  ${count}`;
    const tree = treeOf(changes, ({ needs = [] }) => needs);
    return [
      heading(scope, title),
      ...tree.map(({ node, stem }) =>
        rowOf(node, stem, { told: progress[node.id], now, awaited: awaitedBy(node, progress) }),
      ),
    ];
  });
  const odd = [...problemsIn(plan), ...warnings].map((text, index) => ({
    ...heading(`warning ${index}`, `! ${text}`),
    mood: "warn" as const,
  }));
  return {
    columns: [
      { title: "RESOURCE", keep: 100, most: 40 },
      { title: "PLAN", keep: 99 },
      { title: "NOW", keep: 98, most: 24 },
      { title: "KIND", keep: 90, most: 24 },
      { title: "DETAIL", keep: 97 },
    ],
    rows: [...odd, ...rows],
    empty: [`${file === "" ? "The manifest" : file} declares nothing`, `${program} plan says more`],
  };
}

const heading = (key: string, text: string): Row => ({ key, cells: [], mood: "plain", heading: text });

interface Standing {
  readonly told: Progress | undefined;
  readonly now: number;
  /** What it waits for, among what was begun. */
  readonly awaited: string | undefined;
}

function rowOf(
  { id, kind, action, props, drift, reason, refused, how }: PlannedChange,
  stem: string,
  { told, now, awaited }: Standing,
): Row {
  const why = reason ?? refused ?? [props.join(", "), how, drift ? "(drifted)" : ""].filter(Boolean).join(" ");
  const waits = told === undefined && awaited !== undefined ? `after ${awaited}` : "";
  const name = `${stem}${localOf(id)}`;
  const cells = [name, action === "none" ? "unchanged" : action, nowOf(told, now), kind, told?.detail || waits || why];
  return { key: id, cells, mood: told?.mood ?? moods[action] };
}

/** The first thing that it needs and that is not done yet; said once anything was begun. */
function awaitedBy({ action, needs = [] }: PlannedChange, progress: PlanView["progress"]): string | undefined {
  if (action === "none" || action === "delete") return undefined;
  return needs.find((id) => progress[id] !== undefined && progress[id].ended === undefined);
}

/** What it is doing, and for how long; or how long it took. */
function nowOf(told: Progress | undefined, now: number): string {
  if (told === undefined) return "";
  const ms = (told.ended ?? Math.max(now, told.since)) - told.since;
  return ms < 1000 ? told.status : `${told.status} ${timeWord(ms)}`;
}

/** What is done if one agrees, line by line: what ends comes first. */
export function planSummary(plan: Plan, warnings: readonly string[] = []): string[] {
  const of = (action: PlannedChange["action"]) => plan.changes.filter((change) => change.action === action);
  const named = (action: PlannedChange["action"], word: string) => {
    const ids = of(action).map(({ id }) => id);
    return ids.length === 0
      ? []
      : [`${word} ${ids.length}: ${ids.slice(0, 6).join(", ")}${ids.length > 6 ? " and more" : ""}`];
  };
  const unread = of("unknown").length;
  return [
    ...[...problemsIn(plan), ...warnings].map((text) => `! ${text}`),
    ...named("delete", "Delete"),
    ...named("replace", "Replace"),
    ...named("update", "Update"),
    ...named("create", "Create"),
    ...(unread > 0 ? [`${unread} could not be looked at`] : []),
    ...priceWords(plan.prices ?? []),
  ];
}

function priceWords(prices: readonly MachinePrice[]): string[] {
  const sum = (pick: (price: MachinePrice) => Price | null | undefined) => {
    const sums = new Map<string, number>();
    for (const price of prices.map(pick))
      if (price) sums.set(price.currency, (sums.get(price.currency) ?? 0) + price.hourly);
    return [...sums].map(([currency, hourly]) => `${hourly.toFixed(3)} ${currency}`).join(" and ");
  };
  const [before, after] = [sum((price) => price.before), sum((price) => price.after)];
  if (before === "" && after === "") return [];
  return [`An hour costs ${after || "nothing"} then${before === "" || before === after ? "" : `, ${before} now`}.`];
}

/** The plan as an agreement: nothing else is done, and nothing at all if it comes out differently by then. */
export function agreed({ plan, file }: PlanView, now: number): SavedPlan | undefined {
  if (plan.basis === undefined) return undefined;
  const madeAt = new Date(now).toISOString();
  return {
    format: "machinist.plan/1",
    machinist: "dashboard",
    madeAt,
    manifests: [file],
    plan: { ...plan, basis: plan.basis },
  };
}
