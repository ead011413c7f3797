import { expect, test } from "vitest";
import { parseTags } from "../src/user-tags.ts";

test("tags are read both ways", () => {
  expect(parseTags(["a=1", "b=x=y"])).toEqual({ a: "1", b: "x=y" });
  expect(parseTags(["a", "1", "b", "2"])).toEqual({ a: "1", b: "2" });
  expect(parseTags([])).toEqual({});
  expect(parseTags(["Roles=app,web"]), "as a manifest can say it").toEqual({ Roles: "app,web" });
});

test.each([
  ["both ways at once", ["Roles=app", "web"], /Roles=app/],
  ["both ways at once, in pairs", ["team", "lab", "query", "a=b"], /a=b/],
  ["a key without its value", ["team", "lab", "env"], /env/],
  ["a value without its key", ["=lab"], /"lab" has no key/],
  ["an empty key", ["", "lab"], /"lab" has no key/],
  ["one key twice", ["team=a", "team=b"], /team/],
  ["one key twice, in turn", ["team", "a", "team", "b"], /team/],
  ["a key of others", ["aws:x=1"], /aws:x/],
])("%s is refused, and named", (_what, words, named) => {
  expect(() => parseTags(words)).toThrowError(
    expect.objectContaining({ code: "options.invalid", message: expect.stringMatching(named) }),
  );
});
