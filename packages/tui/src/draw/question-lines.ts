import { fit, widthOf, wrapped } from "@machinist/terminal-text";
import type { Question } from "../state/effect.ts";
import type { Size } from "../state/state.ts";
import type { Paint } from "./theme.ts";

const widestBox = 76;

/** A question as the lines of a box, each of the same width. Where not all fits, the last lines say the most. */
export function questionLines({ title, lines }: Question, { columns, rows }: Size, paint: Paint): string[] {
  const most = Math.min(widestBox, columns - 4) - 4;
  const texts = lines.flatMap((line) => wrapped(line, most));
  const room = Math.max(2, rows - 8);
  const shown = texts.length <= room ? texts : [...texts.slice(0, room - 2), "…", texts.at(-1)!];
  const answer = "y: confirm    any other key: cancel";
  const width = Math.min(most, Math.max(...[title, answer, ...shown].map(widthOf)));
  const line = (text: string, role?: "bad" | "key") => {
    const cells = fit(text, width);
    return `│ ${role === undefined ? cells : paint(role, cells)} │`;
  };
  return [
    `╭${"─".repeat(width + 2)}╮`,
    line(title, "bad"),
    line(""),
    ...shown.map((text) => line(text)),
    line(""),
    line(answer, "key"),
    `╰${"─".repeat(width + 2)}╯`,
  ];
}
