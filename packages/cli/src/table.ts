import { cut, oneLine, pad, widthOf } from "@machinist/terminal-text";

/**
 * Rows under a header, aligned, three spaces apart. Where they are wider than `columns` the last column is cut, as it
 * holds the longest words.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[], columns?: number): string[] {
  const all = [header, ...rows.map((row) => row.map(oneLine))];
  const widths = header.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  return all.map((row) => {
    const line = row.map((cell, column) => (column === header.length - 1 ? cell : pad(cell, widths[column]!)));
    const text = line.join("   ").trimEnd();
    return columns === undefined ? text : cut(text, columns);
  });
}
