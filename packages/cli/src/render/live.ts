import type { Event } from "@machinist/core";
import { displayed, widthOf } from "@machinist/terminal-text";
import type { Out } from "../io.ts";
import type { Style } from "../style.ts";
import { frame } from "./frame.ts";
import { plainLines } from "./plain.ts";
import { advance, nothingYet } from "./progress.ts";
import type { Renderer } from "./renderer.ts";

export interface LiveOptions {
  readonly out: Out;
  readonly style: Style;
  readonly debug: boolean;
  readonly now: () => number;
  /** ms between two frames. Default 100. */
  readonly everyMs?: number;
}

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const clearBelow = "\x1b[J";

/**
 * The operation as a picture at the bottom of the terminal, redrawn in place some ten times a second. Messages and
 * failures scroll by above it and stay. It uses nothing but cursor-up and clear, so any terminal will do.
 */
export function liveRenderer({ out, style, debug, now, everyMs = 100 }: LiveOptions): Renderer {
  let progress = nothingYet;
  let drawn: readonly string[] = [];
  let above: string[] = [];
  let tick = 0;
  let running = false;

  const draw = (last: boolean) => {
    const columns = Math.max(20, out.columns ?? 80);
    const rows = Math.max(3, (out.rows ?? 24) - 1);
    const lines = frame(progress, { columns, rows, now: now(), style, tick: tick++ });
    const kept = displayed(above.map((line) => `${line}\n`).join(""));
    above = [];
    // One write per frame: a half-drawn frame never shows.
    const picture = displayed(lines.join("\n"));
    out.raw(`${backOver(drawn, columns)}${clearBelow}${kept}${picture}\n${last ? showCursor : ""}`);
    drawn = lines;
  };
  let timer: NodeJS.Timeout | undefined;
  let stopListening = () => {};

  const begin = () => {
    running = true;
    out.raw(hideCursor);
    timer = setInterval(() => draw(false), everyMs);
    timer.unref();
    stopListening = out.onResize(() => draw(false));
  };

  const rest = () => {
    if (!running) return;
    running = false;
    clearInterval(timer);
    stopListening();
    draw(true);
  };

  return {
    show(event) {
      const before = progress;
      progress = advance(progress, event);
      if (staysAbove(event, debug)) above.push(...plainLines(before, progress, event, style, debug));
      if (!running) begin();
    },
    pause() {
      rest();
      drawn = [];
    },
    end: rest,
  };
}

const staysAbove = (event: Event, debug: boolean): boolean =>
  event.type === "failed" || (event.type === "log" && (event.level !== "debug" || debug));

/** Up to the first row of what was drawn. A terminal made narrower has broken its lines into more rows since. */
function backOver(lines: readonly string[], columns: number): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
  return rows === 0 ? "" : `\x1b[${rows}A\r`;
}
