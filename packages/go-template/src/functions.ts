import { compare, equal } from "./compare.ts";
import { html, js, urlquery } from "./escape.ts";
import { plain, sprint } from "./print.ts";
import { printf } from "./printf.ts";
import { counted, isList, isMap, isTrue, typeName, type Value } from "./values.ts";

/** A function that templates may call. What it throws is told as Go tells it: `error calling NAME: …`. */
export interface Func {
  /** How many arguments it takes at least, or just so many. */
  readonly fixed: number;
  readonly variadic: boolean;
  /** Its first argument must be text. */
  readonly text?: true;
  /** `boxed`: which of them came out of a map or list as they are, `interface {}` to Go. */
  readonly call: (args: readonly Value[], boxed: readonly boolean[]) => Value;
}

export type Functions = Readonly<Record<string, Func>>;

const fixed = (count: number, call: Func["call"]): Func => ({ fixed: count, variadic: false, call });
const from = (count: number, call: Func["call"]): Func => ({ fixed: count, variadic: true, call });

/** Go's own. */
export const builtins: Functions = {
  and: from(1, ([first]) => first),
  or: from(1, ([first]) => first),
  not: fixed(1, ([value]) => !isTrue(value)),
  len: fixed(1, ([value]) => lengthOf(value)),
  index: from(1, ([value, ...keys]) => indexed(value, keys)),
  slice: from(1, ([value, ...bounds], [, ...boxed]) => sliced(value, bounds, boxed)),
  eq: from(1, ([first, ...others]) => equal(first, others)),
  ne: fixed(2, ([a, b]) => !equal(a, [b])),
  lt: fixed(2, ([a, b]) => compare(a, b) < 0),
  le: fixed(2, ([a, b]) => compare(a, b) <= 0),
  gt: fixed(2, ([a, b]) => compare(a, b) > 0),
  ge: fixed(2, ([a, b]) => compare(a, b) >= 0),
  print: from(0, sprint),
  println: from(0, (args) => `${args.map(plain).join(" ")}\n`),
  printf: { ...from(1, ([format, ...args]) => printf(String(format), args)), text: true },
  html: from(0, (args) => html(joined(args))),
  js: from(0, (args) => js(joined(args))),
  urlquery: from(0, (args) => urlquery(joined(args))),
  call: from(1, ([value]) => {
    throw new Error(value === undefined ? "call of nil" : `non-function of type ${typeName(value)}`);
  }),
};

const joined = (args: readonly Value[]): string =>
  args.length === 1 && typeof args[0] === "string" ? args[0] : sprint(args.map((arg) => arg ?? "<no value>"));

function lengthOf(value: Value): bigint {
  if (typeof value === "string") return BigInt(Buffer.byteLength(value));
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  if (value === null) throw new Error("len of nil pointer");
  if (value === undefined) throw new Error("reflect: call of reflect.Value.Type on zero Value");
  throw new Error(`len of type ${typeName(value)}`);
}

function indexed(start: Value, keys: readonly Value[]): Value {
  if (start === undefined || start === null) throw new Error("index of untyped nil");
  let value: Value = start;
  for (const key of keys) {
    if (value === null || value === undefined) throw new Error("index of nil pointer");
    if (isList(value)) value = value[within(key, value.length, "slice")];
    else if (typeof value === "string") {
      const bytes = Buffer.from(value);
      value = BigInt(bytes[within(key, bytes.length, "string")]!);
    } else if (isMap(value)) {
      if (key === undefined || key === null) throw new Error("value is nil; should be of type string");
      if (typeof key !== "string") throw new Error(`value has type ${typeName(key)}; should be string`);
      value = Object.hasOwn(value, key) ? value[key] : null;
    } else throw new Error(`can't index item of type ${typeName(value)}`);
  }
  return value ?? undefined;
}

/** Go looks whether an index is beyond the end, and falls over the one that is just there. */
function within(key: Value, length: number, what: "slice" | "string"): number {
  const at = position(key, length);
  if (at === length) throw new Error(`reflect: ${what} index out of range`);
  return at;
}

function position(given: Value, length: number): number {
  const key = counted(given);
  if (key === undefined || key === null) throw new Error("cannot index slice/array with nil");
  if (typeof key !== "bigint") throw new Error(`cannot index slice/array with type ${typeName(key)}`);
  if (key < 0n || key > BigInt(length)) throw new Error(`index out of range: ${key}`);
  return Number(key);
}

/** Unlike `index`, it does not look into an interface. */
function sliced(value: Value, bounds: readonly Value[], boxed: readonly boolean[]): Value {
  if (value === undefined || value === null) throw new Error("slice of untyped nil");
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  const isText = typeof value === "string";
  if (isText && bounds.length === 3) throw new Error("cannot 3-index slice a string");
  if (!isText && !isList(value)) throw new Error(`can't slice item of type ${typeName(value)}`);
  const whole = isText ? Buffer.from(value) : value;
  const [begin = 0, end = whole.length, most] = bounds.map((bound, at) => {
    if (boxed[at]) throw new Error("cannot index slice/array with type interface {}");
    return position(bound, whole.length);
  });
  if (bounds.length > 1 && begin > end) throw new Error(`invalid slice index: ${begin} > ${end}`);
  if (most !== undefined && end > most) throw new Error(`invalid slice index: ${end} > ${most}`);
  return isText
    ? (whole as Buffer).subarray(begin, end).toString("utf8")
    : (whole as readonly Value[]).slice(begin, end);
}
