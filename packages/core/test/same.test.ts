import type { Data, Json } from "@machinist/core";
import { changedKeys, same } from "@machinist/core";
import fc from "fast-check";
import { expect, test } from "vitest";

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** The same value with the keys of every object turned round. */
const reversed = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, each]) => [key, reversed(each)]),
  );
};

test("a value is the same as itself saved and read again, whatever the order of keys", () => {
  fc.assert(fc.property(json, (value) => same(value, reversed(JSON.parse(JSON.stringify(value)) as Json))));
});

test("two values are the same when their sorted texts are", () => {
  const text = (value: Json): string =>
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === "object" && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    );
  fc.assert(fc.property(json, json, (a, b) => same(a, b) === (text(a) === text(b))));
});

test.each<[Json | undefined, Json | undefined]>([
  [[], {}],
  [null, {}],
  [null, undefined],
  [0, false],
  ["1", 1],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, 2]],
  [{ a: 1 }, { a: 1, b: null }],
])("%j is not %j", (a, b) => {
  expect(same(a, b)).toBe(false);
  expect(same(b, a)).toBe(false);
});

test("a key without a value is no key", () => {
  expect(same({ a: 1, b: undefined } as unknown as Data, { a: 1 })).toBe(true);
});

test("changed keys are named once, sorted, on both sides", () => {
  expect(changedKeys({ z: 1, same: [1], gone: 1 }, { z: 2, same: [1], a: { b: 1 } })).toEqual(["a", "gone", "z"]);
  expect(changedKeys({}, { constructor: "x" })).toEqual(["constructor"]);
});
