/** The SSH wire format's strings: a big-endian length of four bytes, then the bytes. */
export function wireString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([wireNumber(bytes.length), bytes]);
}

export function wireNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads strings one after the other; throws a RangeError where the data ends too early. */
export class WireReader {
  #at = 0;
  readonly #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
  }

  number(): number {
    const value = this.#data.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  string(): Buffer {
    const length = this.number();
    const end = this.#at + length;
    if (end > this.#data.length) throw new RangeError("The data ends too early");
    const value = this.#data.subarray(this.#at, end);
    this.#at = end;
    return value;
  }
}
