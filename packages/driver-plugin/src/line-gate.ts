/** What a driver may say at once, and what is added to that each second: as much as a person could follow, and then some. */
const BURST = { lines: 2000, bytes: 2 ** 20 };
const PER_SECOND = { lines: 100, bytes: 2 ** 16 };
/** A line is cut there. */
const MOST_LINE = 2000;

/**
 * Lets through the lines that a driver's program writes as long as it does not flood: its output becomes events, which are
 * kept, shown and written to disk. What is left out is said once, until it has been calm again.
 */
export class LineGate {
  readonly #now: () => number;
  #lines = BURST.lines;
  #bytes = BURST.bytes;
  #at: number;
  #isShut = false;

  /** `now`: ms of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** The line goes on, or it does not; the first that does not is told as a sentence instead. */
  pass(line: string, onLine: (line: string) => void, onFlood: (sentence: string) => void): void {
    this.#refill();
    const cut = line.slice(0, MOST_LINE);
    const isCalm = !this.#isShut || (this.#lines >= BURST.lines / 2 && this.#bytes >= BURST.bytes / 2);
    if (isCalm && this.#lines >= 1 && this.#bytes >= cut.length) {
      this.#isShut = false;
      this.#lines -= 1;
      this.#bytes -= cut.length;
      onLine(cut);
      return;
    }
    if (this.#isShut) return;
    this.#isShut = true;
    onFlood("The driver says more than can be shown: output was left out");
  }

  #refill(): void {
    const now = this.#now();
    const seconds = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#lines = Math.min(BURST.lines, this.#lines + seconds * PER_SECOND.lines);
    this.#bytes = Math.min(BURST.bytes, this.#bytes + seconds * PER_SECOND.bytes);
  }
}
