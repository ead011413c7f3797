import { installationIdOf, newRecord, ownerTag } from "@machinist/core";
import fc from "fast-check";
import { expect, test } from "vitest";

const uid = fc.stringMatching(/^m[a-z2-7]{14}$/);
const local = fc.oneof(
  fc.string({ minLength: 1, maxLength: 90, unit: "grapheme" }),
  fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,80}[a-z0-9])?$/),
  fc.constantFrom("instance", "compose:web", "compose-web", "Compose:web", "a", "a-1", "a--1", "1", "-", "ü"),
);
const generation = fc.integer({ min: 1, max: 999_999_999 });

test("an owner tag fits what every provider takes: at most 63 of [a-z0-9-], a letter first", () => {
  fc.assert(
    fc.property(uid, local, generation, (id, name, number) => {
      const mark = ownerTag(id, name, number);
      expect(mark).toMatch(/^[a-z][a-z0-9-]{0,62}$/);
      expect(mark.startsWith(`${id}-`)).toBe(true);
      expect(mark.endsWith(`-${number}`)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("no two of a record's resources or generations share a mark", () => {
  const thing = fc.tuple(local, generation);
  fc.assert(
    fc.property(uid, thing, thing, (id, [a, m], [b, n]) => {
      fc.pre(a !== b || m !== n);
      expect(ownerTag(id, a, m)).not.toBe(ownerTag(id, b, n));
    }),
    { numRuns: 5000 },
  );
  // The same start, cut at the same place.
  const long = "x".repeat(80);
  expect(ownerTag("maaaaaaaaaa", `${long}1`, 1)).not.toBe(ownerTag("maaaaaaaaaa", `${long}2`, 1));
});

test("a mark that fits is readable as it is", () => {
  expect(ownerTag("mabcdefghij", "instance", 12)).toBe("mabcdefghij-instance-12");
});

test("a new record is empty and no other's", () => {
  const uids = Array.from({ length: 500 }, () => newRecord("m", "f").uid);
  expect(new Set(uids).size).toBe(uids.length);
  expect(uids.every((each) => /^m[a-z2-7]{14}$/.test(each))).toBe(true);
  const marked = newRecord("m", "f", undefined, [], "mabcdef");
  expect(installationIdOf(ownerTag(marked.uid, "instance", 1))).toBe("mabcdef");
  expect(newRecord("@f", "f")).toMatchObject({ version: 1, scope: "@f", uses: [], lastGeneration: 0, resources: {} });
  expect(newRecord("@f", "f")).not.toHaveProperty("machine");
});
