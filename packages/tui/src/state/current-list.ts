import { detailTable } from "./detail-tables.ts";
import { formTable } from "./form.ts";
import { machineTable } from "./machine-rows.ts";
import { planTable } from "./plan-rows.ts";
import { atStart, type ListPosition, type Row } from "./rows.ts";
import { type Size, type State, topOf } from "./state.ts";
import type { Table } from "./table.ts";

/** Lines that are not the list's: title, way, columns, notice, keys. */
const chromeRows = 5;

export const listHeight = ({ rows }: Size): number => Math.max(1, rows - chromeRows);

/** What the screen on top lists. A log has lines of its own. */
export function tableOf(state: State): Table {
  const top = topOf(state);
  if (top.name === "machines") return machineTable(state);
  if (top.name === "machine") return detailTable(state, top);
  if (top.name === "form") return formTable(top.form, (name) => state.machines.has(name));
  if (top.name === "plan") return planTable(top.view, state.program, state.now);
  return top.name === "help" ? state.help : { columns: [], rows: [], empty: [] };
}

export const placeOf = (state: State): ListPosition => {
  const top = topOf(state);
  return top.name === "log" ? { ...atStart, top: top.top } : top.place;
};

/** The place among rows that may have changed since: the same row if it is still there, and in view. */
export function settled(place: ListPosition, rows: readonly Row[], height: number): ListPosition {
  const followed = place.key === undefined ? -1 : rows.findIndex(({ key }) => key === place.key);
  const index = followed === -1 ? clamp(place.index, 0, rows.length - 1) : followed;
  return placeAt(index, place.top, rows, height);
}

/** The place with the cursor on a row of this number, scrolled as little as shows it. */
export function placeAt(wanted: number, top: number, rows: readonly Row[], height: number): ListPosition {
  const index = clamp(wanted, 0, rows.length - 1);
  const shown = clamp(top, index - height + 1, index);
  const key = rows[index]?.key;
  return { index, top: clamp(shown, 0, Math.max(0, rows.length - height)), ...(key === undefined ? {} : { key }) };
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most), 0);

/** The row under the cursor. */
export function currentRow(state: State): Row | undefined {
  const { rows } = tableOf(state);
  return rows[settled(placeOf(state), rows, listHeight(state.size)).index];
}
