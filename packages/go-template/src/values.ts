/**
 * What templates work on: JSON as Go reads it into `interface{}`, and structs of the program. Numbers of JSON are float64,
 * which is `number` here; whole numbers of the template itself are int, which is `bigint`. Undefined is what is not
 * there: Go's zero `reflect.Value`.
 */
export type Value =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | Fields
  | Struct
  | Numeral;

export interface Fields {
  readonly [key: string]: Value;
}

/** A Go struct, or a pointer to one: unlike a map it has these fields and no others. */
export class Struct {
  /** As Go's errors call it: `commands.HostListItem`. */
  readonly type: string;
  /** Undefined: a nil pointer. */
  readonly fields: ReadonlyMap<string, Value> | undefined;

  /** Of a nil pointer: the fields that what it points to would have. Undefined where nobody knows them. */
  readonly names: readonly string[] | undefined;

  constructor(
    type: string,
    fields: Fields | undefined,
    options: { readonly pointer?: boolean; readonly names?: readonly string[] } = {},
  ) {
    this.type = options.pointer ? `*${type}` : type;
    this.names = options.names;
    this.fields = fields && new Map(Object.entries(fields));
  }
}

/** A whole number of a named type with a String method, as `state.State`: it is printed as its text, and counts as its number. */
export class Numeral {
  /** As Go's errors call it. */
  readonly type: string;
  readonly number: bigint;
  readonly text: string;
  /** What its other methods without arguments give. */
  readonly methods: Fields;

  constructor(type: string, number: bigint, text: string, methods: Fields = {}) {
    this.type = type;
    this.number = number;
    this.text = text;
    this.methods = methods;
  }
}

/** A numeral as its number; anything else as it is. */
export const counted = (value: Value): Value => (value instanceof Numeral ? value.number : value);

export const isMap = (value: Value): value is Fields =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Struct) &&
  !(value instanceof Numeral);

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** The name of a value's type, as Go's errors give it. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float64";
    case "string":
      return "string";
    default:
      if (value === null || value === undefined) return "<nil>";
      if (value instanceof Struct || value instanceof Numeral) return value.type;
      return isList(value) ? "[]interface {}" : "map[string]interface {}";
  }
}

/** Whether `if` takes it for true: everything but zero, the empty and nil. */
export function isTrue(value: Value): boolean {
  if (value === null || value === undefined) return false;
  if (isList(value)) return value.length > 0;
  if (value instanceof Struct) return value.fields !== undefined;
  if (value instanceof Numeral) return value.number !== 0n;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return value !== 0 && value !== 0n && value !== "" && value !== false;
}

const bytes = new TextEncoder();

/** Go sorts by bytes, not by UTF-16. */
export const compareText = (a: string, b: string): number => Buffer.compare(bytes.encode(a), bytes.encode(b));

export const sortedKeys = (map: Fields): string[] => Object.keys(map).sort(compareText);
