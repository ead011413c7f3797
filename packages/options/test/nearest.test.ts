import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { didYouMean, editDistance, nearest } from "../src/index.ts";

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["abc", "", 3],
    ["", "abc", 3],
    ["manger", "manager", 1],
    ["wroker", "worker", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ])("%s to %s is %i", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it("is a symmetric distance, zero for equals only, no more than the longer word", () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
      { seed: 7 },
    );
  });
});

describe("nearest", () => {
  const keys = ["name", "machines", "compose", "stacks", "log-driver", "log-options"];

  it.each([
    ["machine", "machines"],
    ["MACHINES", "machines"],
    ["logDriver", "log-driver"],
    ["log_options", "log-options"],
    ["stakcs", "stacks"],
    ["nmae", "name"],
  ])("takes %s for %s", (typed, meant) => {
    expect(nearest(typed, keys)).toBe(meant);
  });

  it.each(["", "xyz", "hooks", "n", "a".repeat(10_000)])("has no guess for %s", (typed) => {
    expect(nearest(typed, keys)).toBeUndefined();
  });

  it("ends a sentence", () => {
    expect(didYouMean("stack", keys)).toBe('; did you mean "stacks"?');
    expect(didYouMean("zzz", keys)).toBe("");
  });
});
