import { displayed, widthOf } from "@machinist/terminal-text";

const sgr = /\x1b\[[0-9;]*m/g;
/** A terminal that knows them shows all between the two at once; others ignore them. */
const beginTogether = "\x1b[?2026h";
const endTogether = "\x1b[?2026l";

/** What is on the screen, line by line: only lines that differ are written. */
export class Canvas {
  readonly #write: (text: string) => void;
  #shown: readonly string[] = [];
  #columns = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Nothing is known of the screen any more: everything is written next time. */
  forget(): void {
    this.#shown = [];
    this.#columns = 0;
  }

  show(lines: readonly string[], columns: number): void {
    const again = columns !== this.#columns || lines.length !== this.#shown.length;
    const parts = lines.flatMap((line, row) =>
      !again && line === this.#shown[row] ? [] : [`\x1b[${row + 1};1H${displayed(line)}${ended(line, columns)}`],
    );
    this.#shown = lines;
    this.#columns = columns;
    if (parts.length === 0) return;
    this.#write(`${beginTogether}${again ? "\x1b[2J" : ""}${parts.join("")}${endTogether}`);
  }
}

/** The rest of the line is cleared; after its last cell that would clear the cell itself. */
function ended(line: string, columns: number): string {
  return widthOf(line.replace(sgr, "")) < columns ? "\x1b[0m\x1b[K" : "\x1b[0m";
}
