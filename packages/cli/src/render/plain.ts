import type { Event } from "@machinist/core";
import { scopeOf } from "@machinist/core";
import { oneLine, pad, sanitize, widthOf } from "@machinist/terminal-text";
import { duration } from "../duration.ts";
import type { Style } from "../style.ts";
import { advance, isEnded, nothingYet, type Progress, shortName } from "./progress.ts";
import type { Renderer } from "./renderer.ts";
import { still } from "./still.ts";
import { scopeTitle } from "./words.ts";

export interface PlainOptions {
  readonly write: (text: string) => void;
  readonly style: Style;
  /** Show debug messages and every look at what is, too. */
  readonly debug: boolean;
  /** Default: Date.now. */
  readonly now?: () => number;
}

/** After so long without a line, what is under way is said, in ms: nobody should have to guess whether it hangs. */
const SILENCE_MS = 30_000;

/** One line per fact, with the time since the start: for logs, pipes and CI. */
export function plainRenderer({ write, style, debug, now = Date.now }: PlainOptions): Renderer {
  let progress = nothingYet;
  const silence = setInterval(() => {
    for (const { scope, text } of still(progress, now()))
      write(`${lineOf(progress, sinceStart(progress, now(), style), style)(scope, style.dim(text))}\n`);
  }, SILENCE_MS).unref();
  return {
    show(event) {
      const before = progress;
      progress = advance(progress, event);
      const lines = plainLines(before, progress, event, style, debug);
      for (const line of lines) write(`${line}\n`);
      if (lines.length > 0) silence.refresh();
    },
    end: () => clearInterval(silence),
  };
}

/** When it was, since the start. */
const sinceStart = ({ startedAt }: Progress, at: number, style: Style): string =>
  style.dim(`${((at - (startedAt ?? at)) / 1000).toFixed(1)}s`.padStart(7));

/** A line about a machine: when, which, what. */
function lineOf({ scopes }: Progress, time: string, style: Style): (scope: string, text: string) => string {
  const width = Math.max(0, ...[...scopes.keys()].map((scope) => widthOf(scopeTitle(scope))));
  return (scope, text) => `${time}  ${style.bold(pad(scope === "" ? "" : scopeTitle(scope), width))}  ${text}`;
}

/**
 * The lines that one event is worth: none, one, or as many as a message has; they begin with `time`, by default that
 * since the start. Pure.
 */
export function plainLines(
  before: Progress,
  after: Progress,
  event: Event,
  style: Style,
  debug: boolean,
  time = sinceStart(after, event.at, style),
): string[] {
  const line = lineOf(after, time, style);
  switch (event.type) {
    case "run":
      return [`${time}  ${runText(event)}`];
    case "resource": {
      const text = resourceText(before, event, style, debug);
      return text === undefined ? [] : [line(scopeOf(event.id), `${shortName(event.id)} ${text}`)];
    }
    case "step":
      if (!debug && event.status !== "applied" && event.status !== "failed") return [];
      return [line(scopeOf(event.id), `${shortName(event.id)} ${oneLine(event.step)}: ${event.status}`)];
    case "failed":
      return [
        line(
          event.id.includes("/") ? scopeOf(event.id) : event.id,
          `${event.id.includes("/") ? `${shortName(event.id)} ` : ""}${style.red(`failed: ${oneLine(event.message)} (${event.code})`)}`,
        ),
        ...(event.hint ? [`${" ".repeat(9)}${style.dim(`hint: ${oneLine(event.hint)}`)}`] : []),
      ];
    case "power":
      return [line(event.machine, `${event.action} ${event.status}`)];
    case "log": {
      if (event.level === "debug" && !debug) return [];
      const scope = event.id.includes("/") ? scopeOf(event.id) : event.id;
      const paint = event.level === "error" ? style.red : event.level === "warn" ? style.yellow : style.dim;
      const prefix = event.level === "warn" ? "warning: " : event.level === "error" ? "error: " : "";
      const messages = sanitize(event.message)
        .split("\n")
        .filter((text) => text.trim() !== "");
      return messages.map((text) => line(scope, paint(`${prefix}${text.trimEnd()}`)));
    }
    case "progress":
      // Numbers that change all the time are for screens; a log keeps what happened.
      return [];
  }
}

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

function runText({ action, status, fleet, machines }: Of<"run">): string {
  const what = fleet === undefined || fleet === "" ? action : `${action} ${fleet}`;
  if (status !== "started") return `${what}: ${status}`;
  return machines === undefined || machines.length === 0 ? what : `${what}: ${machines.join(", ")}`;
}

function resourceText(before: Progress, event: Of<"resource">, style: Style, debug: boolean): string | undefined {
  const known = before.scopes.get(scopeOf(event.id))?.resources.get(event.id);
  if (event.status === "reading" && !debug) return undefined;
  if (known?.status === event.status && known.detail === event.detail && known.status !== "reading") return undefined;
  const detail = event.detail ? `: ${oneLine(event.detail)}` : "";
  if (!isEnded(event.status)) return `${event.status}${detail}`;
  const took = known && event.status !== "unchanged" ? style.dim(` (${duration(event.at - known.startedAt)})`) : "";
  const paint = event.status === "blocked" ? style.yellow : event.status === "unchanged" ? style.dim : style.green;
  return `${paint(event.status)}${event.status === "blocked" ? detail : ""}${took}`;
}
