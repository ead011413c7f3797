import { sanitize } from "./sanitize.ts";
import { clusters, clusterWidth, widthOf } from "./width.ts";

/** The text cut to `width` cells, with `…` where something was cut. Colours stay whole and are ended. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return "";
  let out = "";
  let used = 0;
  for (const part of text.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith("\x1b[")) {
      out += part;
      continue;
    }
    for (const cluster of clusters(part)) {
      const cells = clusterWidth(cluster);
      if (used + cells > width - 1) return `${out}…${out.includes("\x1b") ? "\x1b[0m" : ""}`;
      out += cluster;
      used += cells;
    }
  }
  return out;
}

/** The text filled up with spaces to `width` cells. */
export const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

const ascii = /^[\x20-\x7e]*$/;

/** One line, with the spaces at its ends: a tree is drawn with them. */
const flat = (text: string): string => (ascii.test(text) ? text : sanitize(text).replace(/\n+/g, " "));

/** One line of exactly `width` cells: cut with `…` where it is longer, filled up where it is shorter. */
export function fit(text: string, width: number, right = false): string {
  const line = flat(text);
  if (widthOf(line) > width) return pad(cut(line, width), width);
  const space = " ".repeat(width - widthOf(line));
  if (!right) return line + space;
  // A mark that begins the text is drawn on the space before it, which takes no cell of its own then.
  const filled = space + line;
  return " ".repeat(width - widthOf(filled)) + filled;
}

/** A long text as lines of at most `width` cells, broken between words where that goes. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of flat(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= width) line = longer;
    else {
      if (line !== "") lines.push(line);
      line = widthOf(word) <= width ? word : fit(word, width);
    }
  }
  return [...lines, line];
}
