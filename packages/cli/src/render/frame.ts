import { cut, pad, widthOf } from "@machinist/terminal-text";
import { stopwatch } from "../duration.ts";
import type { Style } from "../style.ts";
import { isEnded, type Progress, type ResourceProgress, type ScopeProgress, shortName } from "./progress.ts";
import { doing, type Mood, marks, moodOf, paint, scopeTitle, verdict } from "./words.ts";

export interface FrameOptions {
  readonly columns: number;
  /** The most lines a frame may have. */
  readonly rows: number;
  readonly now: number;
  readonly style: Style;
  /** Counts frames, so that the spinner turns. */
  readonly tick: number;
}

const spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

interface Line {
  readonly mood: Mood;
  readonly left: string;
  readonly time: string;
}

/** The lines that show an operation as it is now: a head, then each machine with what it does. Pure. */
export function frame(progress: Progress, options: FrameOptions): string[] {
  const scopes = [...progress.scopes.values()].filter(
    ({ scope, resources }) => !scope.startsWith("@") || resources.size > 0,
  );
  const { columns, rows, style } = options;
  const head = headLine(progress, scopes, options);
  const nameWidth = Math.min(24, Math.max(0, ...scopes.map(({ scope }) => widthOf(scopeTitle(scope)))));
  const blocks = scopes.map((scope) => block(scope, nameWidth, options));
  const room = Math.max(1, rows - 1);
  const lines = fit(scopes, blocks, room, style);
  return [head, ...lines.map((line) => (typeof line === "string" ? cut(line, columns) : across(line, columns, style)))];
}

function headLine(progress: Progress, scopes: readonly ScopeProgress[], { now, columns, style }: FrameOptions): string {
  const machines = scopes.filter(({ scope }) => !scope.startsWith("@"));
  const count = (mood: Mood) => machines.filter((scope) => moodOf(scope) === mood).length;
  const facts = [
    `${machines.length} ${machines.length === 1 ? "machine" : "machines"}`,
    ...(["done", "working", "waiting", "blocked", "failed"] as const)
      .filter((mood) => count(mood) > 0)
      .map((mood) => paint(mood, style)(`${count(mood)} ${mood}`)),
  ];
  const title = style.bold([progress.action, progress.fleet].filter(Boolean).join(" "));
  const time = style.dim(stopwatch(now - (progress.startedAt ?? now)));
  return cut(`${title}  ${time}  ${facts.join(style.dim(" · "))}`, columns);
}

/** A machine's lines: one when it waits, has ended or does one thing; else one more for each thing it does. */
function block(scope: ScopeProgress, nameWidth: number, { now, style, tick }: FrameOptions): Line[] {
  const mood = moodOf(scope);
  const mark = mood === "working" ? spinner[tick % spinner.length]! : marks[mood];
  const name = pad(cut(scopeTitle(scope.scope), nameWidth), nameWidth);
  const title = `${paint(mood, style)(mark)} ${style.bold(name)}  `;
  const time = scope.startedAt === undefined ? "" : stopwatch((scope.endedAt ?? now) - scope.startedAt);
  if (mood === "waiting") return [{ mood, left: title + style.dim("waiting"), time }];
  if (mood !== "working") return [{ mood, left: title + paint(mood, style)(verdict(scope)), time }];
  const active = [...scope.resources.values()].filter(({ status }) => !isEnded(status));
  if (scope.power) return [{ mood, left: `${title}${scope.power.action}`, time }];
  const finished = scope.resources.size - active.length;
  if (active.length === 1)
    return [{ mood, left: title + activity(active[0]!, style), time: partly(active[0]!, now, time) }];
  const sum = style.dim(`${finished} of ${scope.resources.size} done`);
  return [
    { mood, left: title + sum, time },
    ...active.map((resource, index) => ({
      mood,
      left: `  ${style.dim(index === active.length - 1 ? "└" : "├")} ${activity(resource, style)}`,
      time: stopwatch(now - resource.startedAt),
    })),
  ];
}

/** The time of the one thing a machine does, when it is not simply the machine's own. */
function partly(resource: ResourceProgress, now: number, total: string): string {
  const own = stopwatch(now - resource.startedAt);
  return own === total ? total : `${own} / ${total}`;
}

function activity(resource: ResourceProgress, style: Style): string {
  const { counted } = resource;
  const bar = counted?.total ? ` ${progressBar(counted.done / counted.total, style)}` : "";
  const failing = resource.status === "retrying" ? style.yellow : (text: string) => text;
  return `${shortName(resource.id)}  ${failing(doing(resource))}${bar}`;
}

function progressBar(part: number, style: Style): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * 12);
  return `${style.cyan("━".repeat(full))}${style.dim("─".repeat(12 - full))}`;
}

/** Text at the left, the time at the right edge (of at most 80 columns, so that eyes need not travel). */
function across({ left, time }: Line, columns: number, style: Style): string {
  const width = Math.min(columns, 80);
  const room = time === "" ? width : Math.max(0, width - widthOf(time) - 2);
  return time === "" ? cut(left, width) : `${pad(cut(left, room), room)}  ${style.dim(time)}`;
}

/** As many machines as there is room for: what fails and works first loses its details, then what is over its line. */
function fit(
  scopes: readonly ScopeProgress[],
  blocks: readonly Line[][],
  room: number,
  style: Style,
): (Line | string)[] {
  const all = blocks.flat();
  if (all.length <= room) return all;
  const heads = blocks.map((lines) => lines[0]!);
  if (heads.length <= room) return heads;
  const order: readonly Mood[] = ["failed", "blocked", "working", "waiting", "done"];
  const ranked = heads
    .map((line, index) => ({ line, index, rank: order.indexOf(line.mood) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index);
  const kept = ranked.slice(0, Math.max(0, room - 1)).sort((a, b) => a.index - b.index);
  const hidden = ranked.slice(Math.max(0, room - 1));
  const parts = order
    .map((mood) => ({ mood, count: hidden.filter(({ line }) => line.mood === mood).length }))
    .filter(({ count }) => count > 0)
    .map(({ mood, count }) => `${count} ${mood}`);
  return [
    ...kept.map(({ line }) => line),
    style.dim(`  … and ${hidden.length} of ${scopes.length} more: ${parts.join(", ")}`),
  ];
}
