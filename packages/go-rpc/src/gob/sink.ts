const text = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));

/** Bytes being written, in gob's forms of numbers and strings; {@link Cursor} reads them. */
export class Sink {
  #bytes: number[] = [];

  uint(value: number | bigint): this {
    if (value < 0x80) {
      this.#bytes.push(Number(value));
      return this;
    }
    const digits: number[] = [];
    for (let rest = BigInt(value); rest > 0n; rest >>= 8n) digits.unshift(Number(rest & 0xffn));
    this.#bytes.push(0x100 - digits.length, ...digits);
    return this;
  }

  int(value: number | bigint): this {
    const wide = BigInt(value);
    return this.uint(wide < 0n ? (~wide << 1n) | 1n : wide << 1n);
  }

  float(value: number): this {
    scratch.setFloat64(0, value, false);
    return this.uint(scratch.getBigUint64(0, true));
  }

  bytes(value: Uint8Array): this {
    return this.uint(value.length).raw(value);
  }

  string(value: string): this {
    return this.bytes(text.encode(value));
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): this {
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /** What was written so far; it is empty again. */
  take(): Uint8Array {
    const all = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    return all;
  }
}
