/**
 * One figure against its limit. `limit` and `value` have the same unit: seconds, megabytes, or a ratio.
 * @typedef {object} Row
 * @property {string} what
 * @property {number} value median of the runs
 * @property {number} limit
 * @property {"s" | "ms" | "MB" | "x"} unit
 * @property {string} [beside] what it is to be seen beside: a base, a spread
 */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? Number(sorted[middle]) : (Number(sorted[middle - 1]) + Number(sorted[middle])) / 2;
}

/** @param {readonly number[]} values @param {(value: number) => string} show */
export const spread = (values, show) => `${show(Math.min(...values))} to ${show(Math.max(...values))}`;

/** @param {Row} row */
export const isOver = ({ value, limit }) => value > limit;

/** @param {number} value @param {Row["unit"]} unit */
export function withUnit(value, unit) {
  const digits = unit === "ms" || unit === "MB" ? 0 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** @param {readonly Row[]} rows */
export function table(rows) {
  const cells = rows.map((row) => [
    row.what,
    withUnit(row.value, row.unit),
    `<= ${withUnit(row.limit, row.unit)}`,
    isOver(row) ? "OVER" : "ok",
    row.beside ?? "",
  ]);
  const all = [["What", "Median", "Limit", "", "Beside"], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((line) => String(line[column]).length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(Number(widths[column])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
