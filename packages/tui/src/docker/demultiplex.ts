import { StringDecoder } from "node:string_decoder";

const headerBytes = 8;

/**
 * The log of a container without a terminal comes as frames: what stream it is, its length, its bytes. Takes pieces cut
 * anywhere and gives their text; what has no such headers (a terminal's log) is passed on as it is.
 */
export class Demultiplexer {
  #pending: Buffer = Buffer.alloc(0);
  #raw: boolean | undefined;
  readonly #decoder = new StringDecoder("utf8");

  push(piece: Buffer): string {
    const all = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece]);
    if (this.#raw === undefined && all.length >= headerBytes) this.#raw = !isHeader(all);
    if (this.#raw === true) {
      this.#pending = Buffer.alloc(0);
      return this.#decoder.write(all);
    }
    let text = "";
    let at = 0;
    while (all.length - at >= headerBytes) {
      const end = at + headerBytes + all.readUInt32BE(at + 4);
      if (end > all.length) break;
      text += this.#decoder.write(all.subarray(at + headerBytes, end));
      at = end;
    }
    this.#pending = all.subarray(at);
    return text;
  }

  /** What was too short to be told apart. */
  end(): string {
    return this.#raw === undefined ? this.#pending.toString("utf8") : "";
  }
}

const isHeader = (bytes: Buffer): boolean => bytes[0]! <= 2 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
