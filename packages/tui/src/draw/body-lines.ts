import { fit } from "@machinist/terminal-text";
import { listHeight, placeOf, settled, tableOf } from "../state/current-list.ts";
import type { LogScreen } from "../state/screens.ts";
import { type State, topOf } from "../state/state.ts";
import { fitColumns, headLine, rowLine } from "./table-lines.ts";
import type { Paint } from "./theme.ts";

/** The list with its head, or the log: always as many lines as there are. Only rows in view are drawn. */
export function bodyLines(state: State, paint: Paint): string[] {
  const top = topOf(state);
  const height = listHeight(state.size);
  return top.name === "log" ? logLines(top, state.size.columns, height) : tableLines(state, height, paint);
}

function tableLines(state: State, height: number, paint: Paint): string[] {
  const { columns: total } = state.size;
  const table = tableOf(state);
  const shown = fitColumns(table, total);
  const place = settled(placeOf(state), table.rows, height);
  const look = { shown, total, paint };
  const inMachines = topOf(state).name === "machines";
  const lines = table.rows
    .slice(place.top, place.top + height)
    .map((row, index) =>
      rowLine(row, look, place.top + index === place.index, inMachines && state.marked.has(row.key)),
    );
  if (table.rows.length === 0) lines.push(...emptyLines(table.empty, total, height));
  const head = table.rows.length === 0 ? fit("", total) : headLine(shown, inMachines ? state.sort : undefined, paint);
  return [head, ...filled(lines, height, total)];
}

/** In the middle, so that nobody takes it for a row. */
function emptyLines(words: readonly string[], total: number, height: number): string[] {
  const above = Math.max(0, Math.floor((height - words.length) / 3));
  const widest = Math.max(0, ...words.map((word) => word.length));
  const before = " ".repeat(Math.max(1, Math.floor((total - widest) / 2)));
  return [...Array.from({ length: above }, () => ""), ...words.map((word) => `${before}${word}`)].map((line) =>
    fit(line, total),
  );
}

function logLines({ lines, top }: LogScreen, total: number, height: number): string[] {
  // The line that heads a list elsewhere is the log's, too.
  const shown = lines.slice(top, top + height + 1).map((line) => fit(line, total));
  return filled(shown, height + 1, total);
}

const filled = (lines: readonly string[], height: number, total: number): string[] => [
  ...lines.slice(0, height),
  ...Array.from({ length: Math.max(0, height - lines.length) }, () => " ".repeat(total)),
];
