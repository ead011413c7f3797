import { malformed, tooLarge } from "./failure.ts";

/** Cuts what comes in pieces of any size into messages: a length, then as many bytes. Throws `gob.*`. */
export class Messages {
  readonly #most: number;
  #pieces: Uint8Array[] = [];
  #held = 0;

  /** `most`: the longest message, in bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a message has begun and not ended. */
  get isOpen(): boolean {
    return this.#held > 0;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#held += piece.length;
  }

  /** The next whole message; undefined until there is one. */
  next(): Uint8Array | undefined {
    for (;;) {
      const head = this.#head();
      if (head === undefined || this.#held < head.size + head.length) return undefined;
      const [all] = this.#joined(head.size + head.length);
      const end = head.size + head.length;
      this.#pieces = end === all!.length ? this.#pieces.slice(1) : [all!.subarray(end), ...this.#pieces.slice(1)];
      this.#held -= end;
      // Go's reader skips empty ones, too.
      if (head.length > 0) return all!.subarray(head.size, end);
    }
  }

  /** How long the message is, and how many bytes say so. */
  #head(): { readonly size: number; readonly length: number } | undefined {
    const first = this.#joined(1)[0]?.[0];
    if (first === undefined) return undefined;
    if (first < 0x80) return { size: 1, length: first };
    const size = 1 + 0x100 - first;
    if (size > 5) throw malformed(`a message whose length takes ${size - 1} bytes`);
    if (this.#held < size) return undefined;
    const length = this.#joined(size)[0]!
      .subarray(1, size)
      .reduce((sum, byte) => sum * 0x100 + byte, 0);
    if (length > this.#most) throw tooLarge("a message", this.#most);
    return { size, length };
  }

  /** The pieces, the first of them with at least so many bytes. */
  #joined(least: number): readonly Uint8Array[] {
    if ((this.#pieces[0]?.length ?? least) < least) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces;
  }
}
