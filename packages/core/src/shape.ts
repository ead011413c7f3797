import type { Data } from "./contract/data.ts";

/** Whether a value is what is expected in its place. */
export type Check = (value: unknown) => boolean;

export const text =
  (most: number, pattern?: RegExp): Check =>
  (value) =>
    typeof value === "string" && value.length <= most && (pattern === undefined || pattern.test(value));

export const number =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && value >= least && value <= most;

/** Text of whatever length: what was read has a limit already. */
export const anyText: Check = (value) => typeof value === "string";

export const anyNumber: Check = (value) => typeof value === "number";

/** Absent, or that. */
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);

/** A map, as JSON has it. */
export const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A map with at least these entries. */
export const mapOf =
  (entries: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isData(value) &&
    Object.entries(entries).every(([key, check]) => check(Object.hasOwn(value, key) ? value[key] : undefined));

/** A map of whatever keys, each of whose values is that. */
export const valuesOf =
  (check: Check): Check =>
  (value) =>
    isData(value) && Object.values(value).every(check);

export const truth: Check = (value) => typeof value === "boolean";

export const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && words.includes(value);

export const listOf =
  (check: Check, most = Number.POSITIVE_INFINITY): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(check);

/** Those of a map's entries that are known, each checked; what is not known is left behind. Throws what `wrong` makes of a key. */
export function shaped(
  value: unknown,
  shape: Readonly<Record<string, Check>>,
  wrong: (key: string) => Error,
): Record<string, unknown> {
  if (!isData(value)) throw wrong("");
  const known: Record<string, unknown> = {};
  for (const [key, check] of Object.entries(shape)) {
    const each = Object.hasOwn(value, key) ? value[key] : undefined;
    if (each === undefined || each === null) continue;
    if (!check(each)) throw wrong(key);
    known[key] = each;
  }
  return known;
}

/** Those of a map's entries that are known and as they should be; the rest is left behind. */
export const sound = (value: unknown, entries: Readonly<Record<string, Check>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(entries).flatMap(([key, check]) =>
      isData(value) && Object.hasOwn(value, key) && check(value[key]) ? [[key, value[key]]] : [],
    ),
  );

/** The entries of a map of so many at most, by names of a pattern. */
export function entriesOf(
  value: unknown,
  name: RegExp,
  most: number,
  wrong: (key: string) => Error,
): [string, unknown][] {
  if (!isData(value)) throw wrong("");
  const entries = Object.entries(value);
  if (entries.length > most) throw wrong("");
  for (const [key] of entries) if (!name.test(key)) throw wrong(key);
  return entries;
}
