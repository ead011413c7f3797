import { describe, partsOf, wireType } from "./descriptions.ts";
import { Sink } from "./sink.ts";
import {
  basicIds,
  type Dictionary,
  FIRST_ID,
  type GobRecord,
  type GobType,
  type GobValue,
  isBoxed,
  type Struct,
} from "./types.ts";

/** One direction of a gob stream, from its beginning: each type is described before its first value. */
export class GobEncoder {
  readonly #ids: Map<GobType, number>;
  readonly #described = new Set<GobType>();

  /** `ids`: of types that are to have a certain one; others get the next free one. */
  constructor(ids: ReadonlyMap<GobType, number> = new Map()) {
    this.#ids = new Map([...[...basicIds].map(([id, type]) => [type, id] as const), ...ids]);
  }

  /** The messages that carry a value. Throws a TypeError for one that is not of its type. */
  encode(type: GobType, value: GobValue): Uint8Array {
    const out = new Sink();
    const message = new Sink();
    this.#describe(type, message, out);
    message.int(this.#idOf(type));
    this.#alone(type, value, message, out);
    return send(message, out).take();
  }

  #idOf = (type: GobType): number => {
    const known = this.#ids.get(type);
    if (known !== undefined) return known;
    // From 65 on, as in the days of docker-machine: any Go takes that.
    const id = Math.max(FIRST_ID, ...this.#ids.values()) + 1;
    this.#ids.set(type, id);
    return id;
  };

  /** What is in the message already goes out with the first description: it ends there, in the middle of a value. */
  #describe(type: GobType, message: Sink, out: Sink): void {
    const id = this.#idOf(type);
    if (id < FIRST_ID || this.#described.has(type)) return;
    this.#described.add(type);
    message.int(-id);
    this.#struct(wireType, describe(type, id, this.#idOf), message, out);
    send(message, out);
    for (const part of partsOf(type)) this.#describe(part, message, out);
  }

  #alone(type: GobType, value: GobValue, message: Sink, out: Sink): void {
    if (type.kind !== "struct") message.uint(0);
    this.#value(type, value, message, out);
  }

  #value(type: GobType, value: GobValue, message: Sink, out: Sink): void {
    switch (type.kind) {
      case "bool":
        message.uint(as(value, "boolean") ? 1 : 0);
        break;
      case "int":
        message.int(whole(value));
        break;
      case "uint":
        message.uint(whole(value));
        break;
      case "float":
        message.float(as(value, "number"));
        break;
      case "complex":
        for (const part of list(value)) message.float(as(part, "number"));
        break;
      case "bytes":
        if (!(value instanceof Uint8Array)) throw new TypeError("bytes must be a Uint8Array");
        message.bytes(value);
        break;
      case "string":
        message.string(as(value, "string"));
        break;
      case "interface":
        this.#boxed(value, message, out);
        break;
      case "struct":
        this.#struct(type, value as GobRecord, message, out);
        break;
      case "map":
        this.#map(type, value, message, out);
        break;
      case "array":
      case "slice":
        message.uint(list(value).length);
        for (const each of list(value)) this.#value(type.element, each, message, out);
    }
  }

  #map({ key, element }: Dictionary, value: GobValue, message: Sink, out: Sink): void {
    if (!(value instanceof Map)) throw new TypeError("a map must be a Map");
    message.uint(value.size);
    for (const [name, each] of value) {
      this.#value(key, name, message, out);
      this.#value(element, each, message, out);
    }
  }

  #struct({ fields }: Struct, record: GobRecord, message: Sink, out: Sink): void {
    let last = -1;
    for (const [index, { name, type }] of fields.entries()) {
      const value = record[name];
      if (value === undefined || isZero(value)) continue;
      message.uint(index - last);
      last = index;
      this.#value(type, value, message, out);
    }
    message.uint(0);
  }

  /** The value is a message of its own within this one; descriptions that it needs come before it. */
  #boxed(value: GobValue, message: Sink, out: Sink): void {
    if (value === null) {
      message.uint(0);
      return;
    }
    if (!isBoxed(value)) throw new TypeError("an interface must be Boxed, or null");
    message.string(value.name);
    this.#describe(value.type, message, out);
    message.int(this.#idOf(value.type));
    const inner = new Sink();
    this.#alone(value.type, value.value, inner, message);
    send(inner, message);
  }
}

function send(message: Sink, out: Sink): Sink {
  return out.bytes(message.take());
}

/** What a struct leaves out. An empty map is not nil. */
const isZero = (value: GobValue): boolean =>
  value === false ||
  value === 0 ||
  value === 0n ||
  value === "" ||
  value === null ||
  ((value instanceof Uint8Array || Array.isArray(value)) && value.length === 0);

interface Plain {
  readonly boolean: boolean;
  readonly number: number;
  readonly string: string;
}

function as<K extends keyof Plain>(value: GobValue, type: K): Plain[K] {
  if (typeof value !== type) throw new TypeError(`a ${type} must not be a ${typeof value}`);
  return value as unknown as Plain[K];
}

function whole(value: GobValue): number | bigint {
  if (typeof value === "bigint" || Number.isInteger(value)) return value as number | bigint;
  throw new TypeError(`a whole number must not be ${String(value)}`);
}

function list(value: GobValue): readonly GobValue[] {
  if (!Array.isArray(value)) throw new TypeError("a list must be an array");
  return value;
}
