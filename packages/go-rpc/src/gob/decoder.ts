import { Cursor } from "./cursor.ts";
import { wireType } from "./descriptions.ts";
import { malformed, tooLarge } from "./failure.ts";
import { KnownTypes } from "./known-types.ts";
import { Messages } from "./messages.ts";
import { Boxed, type Dictionary, type GobRecord, type GobType, type GobValue, type Struct } from "./types.ts";

export interface Received {
  readonly type: GobType;
  readonly value: GobValue;
}

export interface DecoderOptions {
  /** The longest message, and the most bytes of all messages of one value. Default 4 MiB. */
  readonly mostBytes?: number;
  /** The most values within a value: a byte can be one. Default 200 000. */
  readonly mostItems?: number;
}

/** Go's own limit is 10 000, for which this program's stack would be too small. */
const MOST_DEEP = 100;

/** Goes on where it was when the next message is there. */
type Reading<T> = Generator<undefined, T, undefined>;

/**
 * One direction of a gob stream, from its beginning. After an error nothing more can be read of it: `gob.malformed`,
 * `gob.too-large`.
 */
export class GobDecoder {
  readonly #mostBytes: number;
  readonly #mostItems: number;
  readonly #messages: Messages;
  readonly #types = new KnownTypes();
  readonly #reading: Reading<never>;
  #received: Received[] = [];
  #cursor = new Cursor(new Uint8Array());
  #bytes = 0;
  #items = 0;
  #isInside = false;

  constructor({ mostBytes = 4 * 2 ** 20, mostItems = 200_000 }: DecoderOptions = {}) {
    this.#mostBytes = mostBytes;
    this.#mostItems = mostItems;
    this.#messages = new Messages(mostBytes);
    this.#reading = this.#stream();
    this.#reading.next();
  }

  /** What the stream calls the types it has described: an encoder that is given them says the same. */
  get ids(): ReadonlyMap<GobType, number> {
    return this.#types.ids;
  }

  /** The values that are whole with this piece, in their order. */
  push(piece: Uint8Array): Received[] {
    this.#messages.push(piece);
    for (let message = this.#messages.next(); message !== undefined; message = this.#messages.next()) {
      this.#bytes += message.length;
      if (this.#bytes > this.#mostBytes) throw tooLarge("a value", this.#mostBytes);
      this.#cursor = new Cursor(message);
      this.#reading.next();
    }
    return this.#received.splice(0);
  }

  /** Throws `gob.malformed` where the stream ends in the middle of a value. */
  end(): void {
    if (this.#messages.isOpen || this.#isInside) throw malformed("it ends in the middle of a value");
  }

  *#stream(): Reading<never> {
    for (;;) {
      yield;
      this.#isInside = true;
      const type = this.#types.get(yield* this.#typeId(false));
      const value = yield* this.#alone(type, 0);
      if (this.#cursor.left > 0) throw malformed("more follows a value in its message");
      this.#received.push({ type, value });
      this.#isInside = false;
      this.#bytes = 0;
      this.#items = 0;
    }
  }

  /**
   * The id of the value's type, after the descriptions of types that come before it. Within an interface, what follows a
   * description is in the next message, or after a length that tells nothing new.
   */
  *#typeId(inInterface: boolean): Reading<number> {
    for (;;) {
      if (this.#cursor.left === 0) yield;
      const id = Number(this.#cursor.int());
      if (id >= 0) return id;
      this.#types.describe(-id, (yield* this.#value(wireType, 0)) as GobRecord);
      if (this.#cursor.left === 0) continue;
      if (!inInterface) throw malformed("more follows a description in its message");
      this.#cursor.count();
    }
  }

  /** A value that is no part of a struct, slice or map: one that is no struct itself comes after a zero. */
  *#alone(type: GobType, depth: number): Reading<GobValue> {
    if (type.kind !== "struct" && this.#cursor.uint() !== 0) throw malformed("a value that begins with a field");
    return yield* this.#value(type, depth);
  }

  *#value(type: GobType, depth: number): Reading<GobValue> {
    if (depth > MOST_DEEP) throw tooLarge("values within values", MOST_DEEP);
    if (++this.#items > this.#mostItems) throw tooLarge("values", this.#mostItems);
    const cursor = this.#cursor;
    switch (type.kind) {
      case "bool":
        return cursor.uint() !== 0;
      case "int":
        return cursor.int();
      case "uint":
        return cursor.uint();
      case "float":
        return cursor.float();
      case "complex":
        return [cursor.float(), cursor.float()];
      case "bytes":
        return cursor.bytes();
      case "string":
        return cursor.string();
      case "interface":
        return yield* this.#boxed(depth);
      case "struct":
        return yield* this.#struct(type, depth);
      case "map":
        return yield* this.#map(type, depth);
      case "array":
        return yield* this.#list(type.element, this.#sizeOf(type.length), depth);
      case "slice":
        return yield* this.#list(type.element, cursor.count(), depth);
    }
  }

  /** An array says its length again. */
  #sizeOf(declared: number): number {
    const length = this.#cursor.count();
    if (length !== declared) throw malformed(`an array of ${length} where ${declared} were declared`);
    return length;
  }

  *#list(element: GobType, length: number, depth: number): Reading<GobValue> {
    const list: GobValue[] = [];
    // Counted as they come: a length is only what the other side says.
    while (list.length < length) list.push(yield* this.#value(element, depth + 1));
    return list;
  }

  *#map({ key, element }: Dictionary, depth: number): Reading<GobValue> {
    const entries = new Map<GobValue, GobValue>();
    for (let left = this.#cursor.count(); left > 0; left--)
      entries.set(yield* this.#value(key, depth + 1), yield* this.#value(element, depth + 1));
    return entries;
  }

  /** Each field comes with how much further it is than the one before; zero ends the struct. */
  *#struct({ name, fields }: Struct, depth: number): Reading<GobValue> {
    const record: { [field: string]: GobValue } = Object.create(null);
    for (let index = -1; ; ) {
      const step = this.#cursor.count();
      if (step === 0) return record;
      index += step;
      const field = fields[index];
      if (field === undefined) throw malformed(`field ${index} of ${name || "a struct"}, which has ${fields.length}`);
      record[field.name] = yield* this.#value(field.type, depth + 1);
    }
  }

  *#boxed(depth: number): Reading<GobValue> {
    const name = this.#cursor.string();
    if (name === "") return null;
    const type = this.#types.get(yield* this.#typeId(true));
    this.#cursor.count();
    return new Boxed(name, type, yield* this.#alone(type, depth + 1));
  }
}
