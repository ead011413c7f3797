import { isData } from "./line.ts";

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

export const truth: Check = (value) => typeof value === "boolean";

export const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && words.includes(value);

export const listOf =
  (check: Check, most: number): Check =>
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
