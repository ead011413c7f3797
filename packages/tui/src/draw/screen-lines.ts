import { widthOf } from "@machinist/terminal-text";
import type { State } from "../state/state.ts";
import { bodyLines } from "./body-lines.ts";
import { keysLine, saidLine } from "./foot-lines.ts";
import { titleLine, wayLine } from "./head-lines.ts";
import { questionLines } from "./question-lines.ts";
import { type Paint, paintOf } from "./theme.ts";

const sgr = /\x1b\[[0-9;]*m/g;

/** The whole screen as its lines, from the state alone. */
export function screenLines(state: State): string[] {
  const paint = paintOf(state.theme);
  const lines = [
    titleLine(state, paint),
    wayLine(state, paint),
    ...bodyLines(state, paint),
    saidLine(state, paint),
    keysLine(state, paint),
  ].slice(0, state.size.rows);
  return state.question === undefined ? lines : withQuestion(lines, state, paint);
}

/** The question in the middle; the lines that it stands on are its own, so that nothing beside it is taken for a part. */
function withQuestion(lines: readonly string[], { question, size }: State, paint: Paint): string[] {
  const box = questionLines(question!, size, paint);
  const first = Math.max(0, Math.floor((size.rows - box.length) / 2));
  const room = size.columns - widthOf(box[0]!.replace(sgr, ""));
  const before = " ".repeat(Math.max(0, Math.floor(room / 2)));
  return lines.map((line, row) => {
    const over = box[row - first];
    return over === undefined ? line : `${before}${over}`;
  });
}
