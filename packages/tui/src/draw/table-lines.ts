import { fit, widthOf } from "@machinist/terminal-text";
import type { Row } from "../state/rows.ts";
import type { Sort } from "../state/sort.ts";
import type { Column, Table } from "../state/table.ts";
import type { Paint } from "./theme.ts";

/** Before the first column: a mark and a space. */
const margin = 2;
const gap = 2;
/** The last column is worth having from so many cells on. */
const leastLast = 8;

export interface ShownColumn {
  readonly column: Column;
  /** Its number among all. */
  readonly index: number;
  readonly width: number;
}

/**
 * The columns that fit, each as wide as its widest cell; those that are kept least go first, and the last takes the
 * room that is left.
 */
export function fitColumns({ columns, rows }: Table, total: number): ShownColumn[] {
  const natural = columns.map((column, index) => ({
    column,
    index,
    width: Math.min(column.most ?? Number.MAX_SAFE_INTEGER, widest(column, index, rows)),
  }));
  const wanted = natural.filter(({ column }) => column.keep >= 0);
  const last = wanted.at(-1);
  const needs = (shown: readonly ShownColumn[]) =>
    shown.reduce((sum, one) => sum + (one === last ? Math.min(leastLast, one.width) : one.width) + gap, margin - gap);
  while (wanted.length > 1 && needs(wanted) > total) {
    const least = wanted.reduce((a, b) => (b.column.keep < a.column.keep ? b : a));
    wanted.splice(wanted.indexOf(least), 1);
  }
  const end = wanted.at(-1);
  if (end === undefined) return [];
  const others = wanted.slice(0, -1);
  const used = others.reduce((sum, { width }) => sum + width + gap, margin);
  return [...others, { ...end, width: Math.max(1, total - used) }];
}

/** With room for the arrow that tells the order. */
function widest(column: Column, index: number, rows: readonly Row[]): number {
  let width = column.title.length + (column.sort === undefined ? 0 : 1);
  for (const { cells } of rows) width = Math.max(width, widthOf(cells[index] ?? ""));
  return width;
}

export function headLine(shown: readonly ShownColumn[], sort: Sort | undefined, paint: Paint): string {
  const words = shown.map(({ column, width }) => {
    const arrow = sort === undefined || column.sort !== sort.by ? "" : sort.down ? "↓" : "↑";
    return fit(`${column.title}${arrow}`, width, column.right);
  });
  return paint("head", `${" ".repeat(margin)}${words.join(" ".repeat(gap))}`);
}

export interface Look {
  readonly shown: readonly ShownColumn[];
  readonly total: number;
  readonly paint: Paint;
}

/** One row. Under the cursor it has one look over its whole length, so that it is seen without colours, too. */
export function rowLine(row: Row, { shown, total, paint }: Look, cursor: boolean, marked: boolean): string {
  const sign = marked ? "* " : "  ";
  if (row.heading !== undefined) {
    // It stands out to the left of what it heads.
    const text = fit(row.heading, total);
    return paint(cursor ? "cursor" : row.mood === "plain" ? "heading" : row.mood, text);
  }
  const words = shown.map(({ column, index, width }) => fit(row.cells[index] ?? "", width, column.right));
  const space = " ".repeat(gap);
  if (cursor) return paint("cursor", fit(`${sign}${words.join(space)}`, total));
  const painted = words.map((word, place) => paint(roleOf(shown[place]!.index, row), word));
  return `${marked ? paint("mark", sign) : sign}${painted.join(space)}`;
}

/** The second column tells how it stands; a row that is in trouble is so as a whole. */
function roleOf(index: number, { mood }: Row): Row["mood"] {
  if (mood === "faint" || mood === "bad") return index === 0 && mood === "bad" ? "plain" : mood;
  return index === 1 ? mood : "plain";
}
