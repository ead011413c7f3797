/** How much of a hook's output is passed on. */
export const outputLimits = { lines: 200, width: 2000 };

const newline = 0x0a;

/**
 * Cuts output into lines and passes on the first of them. Holds no more than one line of `width` bytes, however much
 * comes; what is over is counted and told at the end.
 */
export class LineGate {
  readonly #tell: (line: string) => void;
  readonly #limits: typeof outputLimits;
  #partial: Buffer[] = [];
  #held = 0;
  #told = 0;
  #left = 0;
  #open = false;

  constructor(tell: (line: string) => void, limits = outputLimits) {
    this.#tell = tell;
    this.#limits = limits;
  }

  push(chunk: Buffer): void {
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(newline, start);
      this.#take(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) return;
      this.#line();
      start = end + 1;
    }
  }

  /** The last line may lack its end; then say how many were left out. */
  end(): void {
    if (this.#open) this.#line();
    if (this.#left > 0) this.#tell(`(${this.#left} more lines are left out)`);
    this.#left = 0;
  }

  #take(part: Buffer): void {
    if (part.length === 0) return;
    this.#open = true;
    const room = this.#limits.width - this.#held;
    if (room <= 0 || this.#told >= this.#limits.lines) return;
    // A copy: a part of a chunk would keep all of it.
    this.#partial.push(Buffer.from(part.subarray(0, room)));
    this.#held += Math.min(room, part.length);
  }

  #line(): void {
    if (this.#told >= this.#limits.lines) this.#left++;
    else {
      const text = Buffer.concat(this.#partial).toString("utf8").trimEnd();
      if (text !== "") {
        this.#told++;
        this.#tell(this.#held >= this.#limits.width ? `${text}…` : text);
      }
    }
    this.#partial = [];
    this.#held = 0;
    this.#open = false;
  }
}
