import fc from "fast-check";
import { expect, test } from "vitest";
import { displayed, jsonText, oneLine, sanitize } from "../src/index.ts";

test.each([
  ["colours", "\x1b[31mred\x1b[0m", "red"],
  ["cursor and screen", "\x1b[2J\x1b[1;1Htop\x1b[?25l", "top"],
  ["a title", "\x1b]0;title\x07x", "x"],
  ["a title, ended the other way", "\x1b]0;title\x1b\\x", "x"],
  ["a link", "\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"],
  ["a title without an end", "a\x1b]0;title", "a"],
  ["device control", "\x1bPq#0\x1b\\x", "x"],
  ["a character set, a reset", "\x1b(Bx\x1bc", "x"],
  ["an escape interrupted", "x\x1b[", "x"],
  ["an escape alone", "x\x1b", "x"],
  ["an escape within another", "\x1b\x1b[31mx", "x"],
  ["C1 controls", "a\x9bb\x85c\x9c", "abc"],
  ["backspaces and bells", "x\b\b\x07y\x7f", "xy"],
  ["what turns the direction of text", "a\u202eb\u202c\u2066c\u2069\u200f\u200e\u061cd", "abcd"],
  ["other line breaks", "a\r\nb\rc\u2028d\u2029e", "a\nb\ncde"],
  ["a tab", "a\tb", "a b"],
])("%s cannot command the terminal", (_what, text, expected) => {
  expect(sanitize(text)).toBe(expected);
});

test("one line has no breaks, and no blanks at its ends", () => {
  expect(oneLine("  \x1b[2Jevil \n\r\n lines\n")).toBe("evil lines");
  expect(oneLine("\t\n")).toBe("");
});

const forbidden = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const pieces = [
  "\x1b",
  "\x1b[",
  "\x1b]0;",
  "\x1bP",
  "\x9b",
  "\x07",
  "\\",
  "31m",
  "\n",
  "\r",
  "\t",
  "\u202e",
  "\u061c",
  "ü漢",
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 12 })
  .map((parts) => parts.join(""));

test("whatever comes, no control survives but the line break, and what is harmless stays as it is", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const safe = sanitize(text);
      expect(safe).not.toMatch(forbidden);
      expect(sanitize(safe)).toBe(safe);
      expect(oneLine(text)).not.toMatch(/\n|^\s|\s$/);
    }),
    { numRuns: 200 },
  );
});

test("text without controls stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      fc.pre(!forbidden.test(text));
      expect(sanitize(text)).toBe(text);
    }),
  );
});

test("what is displayed keeps its own looks, and nothing else", () => {
  expect(displayed("\x1b[1;36mtitle\x1b[22;39m\ta\nb \x1b[7mcursor\x1b[27m\x1b[0m\x1b[m")).toBe(
    "\x1b[1;36mtitle\x1b[22;39m\ta\nb \x1b[7mcursor\x1b[27m\x1b[0m\x1b[m",
  );
  expect(displayed("a\x1b[8mhidden\x1b[5mblinks\x1b[2J\x1b[3Ag\x1b[?25l")).toBe("ahiddenblinksg");
  expect(displayed("\x1b]0;t\x1b[1mx\x07y\x1b]52;c;QQ==\x07z\x9b2J\u202e")).toBe("\x1b[1mxyz2J");
  // A command in two pieces is none in either.
  expect(displayed("\x1b") + displayed("[2J")).toBe("[2J");
});

test("JSON stays JSON of the same value, and shows nothing that acts", () => {
  const value = { "\x9b2J": "\x1b[2J\x07\x7f\u202e\u2028\ud800", list: [undefined, "ü"] };
  expect(jsonText(value)).toMatch(/^[\x20-\x7eü]*$/);
  expect(JSON.parse(jsonText(value, 2))).toEqual(JSON.parse(JSON.stringify(value)));
  expect(jsonText(undefined)).toBe("null");
});

test("white space without end costs time in proportion", () => {
  const before = process.cpuUsage();
  expect(oneLine(`a${" ".repeat(300_000)}b`)).toHaveLength(300_002);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
});
