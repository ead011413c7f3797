import { describe, expect, it } from "vitest";
import { readDotEnv } from "../src/dotenv.ts";
import { Problems } from "../src/problem.ts";
import { substitute } from "../src/variables.ts";

const values = new Map([
  ["A", "1"],
  ["EMPTY", ""],
  ["DOLLAR", "$A"],
]);
const put = (text: string): string => substitute(text, (name) => values.get(name));

describe("substitute", () => {
  it.each([
    ["plain", "plain"],
    ["$A ${A} $$A $${A}", "1 1 $A ${A}"],
    ["${EMPTY}|${EMPTY:-x}|${EMPTY-x}", "|x|"],
    ["${NO:-x}${NO-y}${NO:-}", "xy"],
    ["${NO:-${A}-${NO:-z}}", "1-z"],
    ["${A:+set}${NO:+set}${EMPTY:+set}${EMPTY+there}", "setthere"],
    ["${A:?needed}${EMPTY?needed}", "1"],
    ["${NO:-a:b?c}", "a:b?c"],
    ["$DOLLAR", "$A"],
    ["$A.b$A-c", "1.b1-c"],
  ])("%s is %s", (text, result) => {
    expect(put(text)).toBe(result);
  });

  it.each([
    ["$NO", "NO is not set"],
    ["${NO}", "NO is not set"],
    ["${NO:?say which}", "NO is required: say which"],
    ["${EMPTY:?}", "EMPTY is required"],
    ["${A", "no closing"],
    ["${}", "is not a variable"],
    ["${A!x}", "is not a variable"],
    ["${1A}", "is not a variable"],
    ["5$", "must begin a variable"],
    ["$5", "must begin a variable"],
    ["${NO:-".repeat(10) + "}".repeat(10), "nested more than"],
  ])("refuses %s", (text, words) => {
    expect(() => put(text)).toThrow(words);
  });
});

describe("readDotEnv", () => {
  const parse = (text: string) => {
    const problems = new Problems();
    const found = readDotEnv({ path: "/.env", name: ".env", text }, (name) => values.get(name), problems);
    problems.throwIfAny();
    return Object.fromEntries(found);
  };

  it("reads what people write into such files", () => {
    const text = [
      "# comment",
      "",
      "PLAIN=a b # comment",
      "export EXPORTED=x",
      "HASH=a#b",
      "SINGLE='$A # kept'",
      'DOUBLE="a\\n\\"$A\\" \\$A" # comment',
      "FROM=${PLAIN}-${A}",
      "NOTHING=",
      "  SPACED = y  \r",
    ].join("\n");
    expect(parse(text)).toEqual({
      PLAIN: "a b",
      EXPORTED: "x",
      HASH: "a#b",
      SINGLE: "$A # kept",
      DOUBLE: 'a\n"1" $A',
      FROM: "a b-1",
      NOTHING: "",
      SPACED: "y",
    });
  });

  it("says which line is wrong", () => {
    expect(() => parse("A=1\n  2B=x\n")).toThrow(".env:2:3: a line of this file must be NAME=value");
    expect(() => parse("A=$MISSING\n")).toThrow(".env:1:1: the variable MISSING is not set");
  });
});
