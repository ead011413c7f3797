/** How Go's text/tabwriter is set up. Widths in characters. */
export interface TabStyle {
  readonly minWidth: number;
  readonly tabWidth: number;
  readonly padding: number;
  readonly pad: " " | "\t";
}

/** Help is set with tabs, tables with spaces. */
export const helpTabs: TabStyle = { minWidth: 0, tabWidth: 8, padding: 1, pad: "\t" };
export const tableTabs: TabStyle = { minWidth: 5, tabWidth: 1, padding: 3, pad: " " };

/**
 * Text whose cells end with a tab, with its columns aligned as Go's text/tabwriter aligns them: a column is a block of
 * neighbouring lines that have a cell there, and the last word of a line belongs to none.
 */
export function alignTabs(text: string, style: TabStyle): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const widths = lines.map(() => [] as number[]);
  measure(lines, widths, style, 0, lines.length, 0);
  return lines
    .map((cells, row) =>
      cells
        .map((cell, column) => (column === cells.length - 1 ? cell : padded(cell, widths[row]![column]!, style)))
        .join(""),
    )
    .join("\n");
}

function measure(
  lines: readonly (readonly string[])[],
  widths: number[][],
  style: TabStyle,
  from: number,
  to: number,
  column: number,
): void {
  const has = (row: number) => column < lines[row]!.length - 1;
  for (let row = from; row < to; row++) {
    if (!has(row)) continue;
    let end = row;
    let width = style.minWidth;
    for (; end < to && has(end); end++) width = Math.max(width, lengthOf(lines[end]![column]!) + style.padding);
    for (let each = row; each < end; each++) widths[each]![column] = width;
    measure(lines, widths, style, row, end, column + 1);
    row = end - 1;
  }
}

function padded(cell: string, width: number, { pad, tabWidth }: TabStyle): string {
  if (pad === " ") return cell + " ".repeat(width - lengthOf(cell));
  // Padding with tabs makes a cell a whole number of tabs wide.
  const whole = Math.ceil(width / tabWidth) * tabWidth;
  return cell + "\t".repeat(Math.ceil((whole - lengthOf(cell)) / tabWidth));
}

const lengthOf = (cell: string): number => [...cell].length;
