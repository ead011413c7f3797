import { describe, expect, it } from "vitest";
import { readDotEnv } from "../src/dot-env.ts";
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
  const parse = (text: string) => readDotEnv(text, (name) => values.get(name)).lookup;

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
      "  SPACED = y  ",
      "COLON: z",
      'LINES="first',
      'second = "',
      "KEY='-----BEGIN KEY-----",
      "MII==",
      "-----END KEY-----'",
      "PLAIN=again ${PLAIN}",
      "URL=http://x:1/",
    ].join("\n");
    const lookup = parse(text);
    const names = ["PLAIN", "EXPORTED", "HASH", "SINGLE", "DOUBLE", "FROM", "NOTHING", "SPACED", "COLON", "LINES"];
    expect(Object.fromEntries([...names, "KEY", "URL", "second", "MII"].map((name) => [name, lookup(name)]))).toEqual({
      PLAIN: "again a b",
      EXPORTED: "x",
      HASH: "a#b",
      SINGLE: "$A # kept",
      DOUBLE: 'a\n"1" $A',
      FROM: "a b-1",
      NOTHING: "",
      SPACED: "y",
      COLON: "z",
      LINES: "first\nsecond = ",
      KEY: "-----BEGIN KEY-----\nMII==\n-----END KEY-----",
      URL: "http://x:1/",
      second: undefined,
      MII: undefined,
    });
  });

  it("judges nothing but what is asked for", () => {
    const lines = [
      "P=m$ypass$wor@d",
      "H=$2b$10$abc",
      "BARE",
      "my-var=1",
      "C=${UNDEF}",
      "Q='open",
      "2B=x",
      "L=\ufffd",
      "GOOD=1",
    ];
    const lookup = parse(lines.join("\n"));
    expect(lookup("GOOD")).toBe("1");
    expect(lookup("BARE")).toBeUndefined();
    const told: [string, string][] = [
      ["P", "(line 1 of .env) cannot be read: it has a `$`"],
      ["H", "(line 2 of .env) cannot be read: it has a `$`"],
      ["C", "(line 5 of .env) cannot be read: it has a `$`"],
      ["Q", "(line 6 of .env) cannot be read: its quote is not closed"],
      ["L", "(line 8 of .env) cannot be read: it is not UTF-8 text"],
    ];
    for (const [name, words] of told) expect(() => lookup(name)).toThrow(words);
  });
});
