import { malformed } from "./failure.ts";

const text = new TextDecoder();
const scratch = new DataView(new ArrayBuffer(8));

/** A place in a message, from which gob's numbers and strings are read. Throws `gob.malformed` past its end. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(message: Uint8Array) {
    this.#bytes = message;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Small ones are their own byte; others follow a byte with their negated length, highest byte first. */
  uint(): number | bigint {
    const first = this.#byte();
    if (first < 0x80) return first;
    const length = 0x100 - first;
    if (length > 8) throw malformed(`a number of ${length} bytes`);
    const digits = this.#take(length);
    if (length <= 6) return digits.reduce((sum, digit) => sum * 0x100 + digit, 0);
    return exact(digits.reduce((sum, digit) => (sum << 8n) | BigInt(digit), 0n));
  }

  /** The sign is the lowest bit; of a negative number the others are inverted. */
  int(): number | bigint {
    const raw = this.uint();
    if (typeof raw === "number" && raw < 2 ** 31) return raw & 1 ? ~(raw >>> 1) : raw >>> 1;
    const wide = BigInt(raw);
    return exact(wide & 1n ? ~(wide >> 1n) : wide >> 1n);
  }

  /** A length, an id, a difference between two fields. */
  count(): number {
    const value = this.uint();
    if (typeof value === "bigint") throw malformed(`a count of ${value}`);
    return value;
  }

  /** The bytes of a double in reverse, so that round numbers are short. */
  float(): number {
    const raw = BigInt(this.uint());
    scratch.setBigUint64(0, raw, true);
    return scratch.getFloat64(0, false);
  }

  bytes(): Uint8Array {
    return this.#take(this.count()).slice();
  }

  string(): string {
    return text.decode(this.#take(this.count()));
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed("it ends in the middle of a value");
    return byte;
  }

  #take(length: number): Uint8Array {
    if (length > this.left) throw malformed("it ends in the middle of a value");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** As a number where that loses nothing. */
const exact = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
