/**
 * The types of Go's gob encoding (https://pkg.go.dev/encoding/gob). Each stands for one Go type: within a stream it is
 * described once, and known by its object from then on.
 */
export type GobType = Basic | Struct | Slice | List | Dictionary;

export type BasicName = "bool" | "int" | "uint" | "float" | "bytes" | "string" | "complex" | "interface";

export interface Basic {
  readonly kind: BasicName;
}

/** A field that has its zero value is not sent. */
export interface Struct {
  readonly kind: "struct";
  /** Empty for a type without a name. */
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly type: GobType;
}

export interface Slice {
  readonly kind: "slice";
  readonly name: string;
  readonly element: GobType;
}

export interface List {
  readonly kind: "array";
  readonly name: string;
  readonly element: GobType;
  readonly length: number;
}

export interface Dictionary {
  readonly kind: "map";
  readonly name: string;
  readonly key: GobType;
  readonly element: GobType;
}

/**
 * What a value of each kind is here: a boolean; a number, or a bigint where it is not exact as one; bytes as a Uint8Array; a
 * string; `[real, imaginary]`; an object of the fields that were sent; an array; a Map; an interface as {@link Boxed}, nil
 * as null. What encodes itself in Go (times, for example) comes as its bytes.
 */
export type GobValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | null
  | readonly GobValue[]
  | ReadonlyMap<GobValue, GobValue>
  | GobRecord
  | Boxed;

export interface GobRecord {
  readonly [field: string]: GobValue;
}

/** The same symbol in every copy of this package. */
const boxed: unique symbol = Symbol.for("@machinist/go-rpc.boxed");

/** A value within a Go interface, with the name that its type is registered by. */
export class Boxed {
  readonly name: string;
  readonly type: GobType;
  readonly value: GobValue;

  constructor(name: string, type: GobType, value: GobValue) {
    this.name = name;
    this.type = type;
    this.value = value;
  }

  get [boxed](): true {
    return true;
  }
}

/** By its mark: whoever makes one may have another copy of this package than whoever reads it. */
export const isBoxed = (value: unknown): value is Boxed =>
  typeof value === "object" && value !== null && boxed in value;

export const bool: Basic = { kind: "bool" };
export const int: Basic = { kind: "int" };
export const uint: Basic = { kind: "uint" };
export const float: Basic = { kind: "float" };
export const bytes: Basic = { kind: "bytes" };
export const string: Basic = { kind: "string" };
export const complex: Basic = { kind: "complex" };
/** Go's `interface{}`: any registered type. */
export const anything: Basic = { kind: "interface" };

export const struct = (name: string, fields: { readonly [name: string]: GobType }): Struct => ({
  kind: "struct",
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
});
export const slice = (element: GobType, name = ""): Slice => ({ kind: "slice", name, element });
export const map = (key: GobType, element: GobType, name = ""): Dictionary => ({ kind: "map", name, key, element });

/** The ids that every stream knows. */
export const basicIds: ReadonlyMap<number, Basic> = new Map([
  [1, bool],
  [2, int],
  [3, uint],
  [4, float],
  [5, bytes],
  [6, string],
  [7, complex],
  [8, anything],
]);

/** The least id of a type that a stream describes, which Go uses since 1.21; the ones below are gob's own. */
export const FIRST_ID = 64;
