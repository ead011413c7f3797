import stringWidth from "string-width";

const ascii = /^[\x20-\x7e]*$/;
const segmenter = new Intl.Segmenter();

/** How many cells of a terminal a text takes. */
export const widthOf = (text: string): number => (ascii.test(text) ? text.length : stringWidth(text));

/**
 * Text from elsewhere (a host, a provider, a container) as one line that cannot command the terminal: colour and cursor
 * sequences, control characters and what turns the writing's direction are dropped.
 */
export function oneLine(text: string): string {
  if (ascii.test(text)) return text;
  return text
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g, "")
    .replace(/[\t\r\n]+/g, " ")
    .replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "");
}

/** One line of exactly `width` cells: cut with `…` where it is longer, filled up where it is shorter. */
export function fit(text: string, width: number, right = false): string {
  const line = oneLine(text);
  const cells = widthOf(line);
  if (cells <= width) {
    const space = " ".repeat(width - cells);
    return right ? space + line : line + space;
  }
  return width <= 0 ? "" : cut(line, width);
}

function cut(line: string, width: number): string {
  if (ascii.test(line)) return `${line.slice(0, width - 1)}…`;
  let out = "";
  let used = 0;
  for (const { segment } of segmenter.segment(line)) {
    const cells = widthOf(segment);
    if (used + cells > width - 1) break;
    out += segment;
    used += cells;
  }
  return `${out}…${" ".repeat(width - 1 - used)}`;
}

/** A long text as lines of at most `width` cells, broken between words where that goes. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= width) line = longer;
    else {
      if (line !== "") lines.push(line);
      line = widthOf(word) <= width ? word : fit(word, width);
    }
  }
  return [...lines, line];
}
