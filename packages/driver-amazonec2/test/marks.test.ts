import { expect, test } from "vitest";
import { memberTags, ownerOf, ownerTag, tagsOf, tokenOf } from "../src/tags.ts";

test("each of a batch finds its mark by its launch index, however long the marks are", () => {
  for (const length of [20, 63]) {
    const owners = Array.from({ length: 40 }, (_, index) => `m${index}-`.padEnd(length, "x"));
    const values = memberTags(owners);
    expect(Object.values(values).filter((value) => value.length > 256)).toEqual([]);
    expect(Object.keys(values).length, "beside 30 tags of the user's and 2 of ours").toBeLessThanOrEqual(50 - 32);
    expect(owners.map((_, index) => ownerOf(tagsOf(values), index))).toEqual(owners);
    expect(ownerOf(tagsOf(values), 40)).toBeUndefined();
  }
});

test("its own mark comes before its place in a list, and what has neither is not ours", () => {
  const tags = tagsOf({ ...memberTags(["a", "b"]), [ownerTag]: "c" });
  expect(ownerOf(tags, 1)).toBe("c");
  expect(ownerOf(tagsOf({ Name: "a" }), 0)).toBeUndefined();
});

test("a token is the mark of one, and of many a hash of what they ask for", () => {
  expect(tokenOf(["m1-instance-1"], { any: 1 })).toBe("m1-instance-1");
  const token = tokenOf(["a", "b"], { any: 1 });
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(tokenOf(["a", "b"], { any: 1 })).toBe(token);
  expect(tokenOf(["a", "b"], { any: 2 })).not.toBe(token);
});
