import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, fit, pad, widthOf, wrapped } from "../src/index.ts";

const family = "👨‍👩‍👧";

test.each([
  ["plain", 5],
  ["", 0],
  ["漢字", 4],
  ["한글", 4],
  ["한".normalize("NFD"), 2],
  ["Ａ\u3000", 4],
  ["ｱ", 1],
  ["e\u0301", 1],
  ["a\u0300\u0301\u0302", 1],
  [family, 2],
  ["👍🏽", 2],
  ["❤️", 2],
  ["1️⃣", 2],
  ["a\ufe0f", 1],
  ["\ufe0f", 0],
  ["🇩🇪", 2],
  ["🇩🇪🇫🇷", 4],
  ["🇩", 1],
  ["\u200b\u00ad", 0],
  ["✔ ┌─┐ …", 7],
  ["\x1b[1;31mred\x1b[0m", 3],
  ["\x1b[31m漢\x1b[0m字", 4],
  ["\ud800", 1],
])("%j takes %i cells", (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test("a text is cut between characters, and says so", () => {
  expect(cut("a long name", 6)).toBe("a lon…");
  expect(cut("fits", 4)).toBe("fits");
  expect(cut("漢字漢", 4)).toBe("漢…");
  expect(cut("漢字", 3)).toBe("漢…");
  expect(cut("漢", 1)).toBe("…");
  expect(cut(`${family}abc`, 3)).toBe(`${family}…`);
  expect(cut(`${family}abc`, 2)).toBe("…");
  expect(cut("e\u0301e\u0301e\u0301", 2)).toBe("e\u0301…");
  expect(cut("🇩🇪🇫🇷", 3)).toBe("🇩🇪…");
  expect(cut("abc", 0)).toBe("");
  expect(cut("abc", -1)).toBe("");
});

test("a colour is not cut in two, and is ended where its text is cut", () => {
  expect(cut("\x1b[31mlonger\x1b[0m", 3)).toBe("\x1b[31mlo…\x1b[0m");
  expect(cut("\x1b[31mred\x1b[0m", 3)).toBe("\x1b[31mred\x1b[0m");
});

test("a line is filled up at either end, and cannot command the terminal", () => {
  expect(fit("db", 4)).toBe("db  ");
  expect(fit("db", 4, true)).toBe("  db");
  expect(fit(" - tree", 8)).toBe(" - tree ");
  expect(fit("漢字漢", 4)).toBe("漢… ");
  expect(fit("a\n\nb\x1b[2J", 5)).toBe("a b  ");
  expect(pad("\x1b[1mx\x1b[0m", 3)).toBe("\x1b[1mx\x1b[0m  ");
  expect(pad("long", 2)).toBe("long");
});

test("a long text is broken between words, and a word that is too long is cut", () => {
  expect(wrapped("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrapped("aaa bbbbbbbb c", 4)).toEqual(["aaa", "bbb…", "c"]);
  expect(wrapped("漢字 漢字", 5)).toEqual(["漢字", "漢字"]);
  expect(wrapped("", 5)).toEqual([""]);
});

describe("whatever the text", () => {
  const pieces = [
    "漢",
    "e\u0301",
    "\u0301",
    family,
    "🇩🇪",
    "🇩",
    "\u200d",
    "❤️",
    "\ufe0f",
    "\u0600",
    " ",
    "\x1b[31m",
    "\x1b[0m",
  ];
  const texts = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "grapheme", maxLength: 3 })), { maxLength: 10 })
    .map((parts) => parts.join(""));
  const widths = fc.integer({ min: 0, max: 12 });
  const bare = (text: string) => text.replace(/\x1b\[[0-9;]*m/g, "");

  test("a cut one is never wider than it may be, and no character of it is cut in two", () => {
    fc.assert(
      fc.property(texts, widths, (text, width) => {
        const short = cut(text, width);
        expect(widthOf(short)).toBeLessThanOrEqual(width);
        if (widthOf(text) <= width || width === 0) {
          expect(short).toBe(widthOf(text) <= width ? text : "");
          return;
        }
        const kept = bare(short).replace(/…$/, "");
        expect(bare(text).startsWith(kept)).toBe(true);
        // A colour within a character parts it: it is drawn as two.
        const starts = text
          .split(/\x1b\[[0-9;]*m/)
          .flatMap((part) => Array.from(new Intl.Segmenter().segment(part), ({ segment }) => segment.length));
        let at = 0;
        const ends = [0, ...starts.map((length) => (at += length))];
        expect(ends).toContain(kept.length);
      }),
      { numRuns: 200 },
    );
  });

  test("a fitted one takes exactly its cells, at either end", () => {
    fc.assert(
      fc.property(fc.oneof(texts, fc.string({ unit: "binary" })), widths, fc.boolean(), (text, width, right) => {
        expect(widthOf(fit(text, width, right))).toBe(width);
      }),
      { numRuns: 200 },
    );
  });

  test.each(["\u1a19", "\u0903", "\u0301x", "\u0e33"])("one that begins with a mark (%j) takes them, too", (text) => {
    for (const width of [1, 2, 5])
      for (const right of [true, false]) expect(widthOf(fit(text, width, right))).toBe(width);
  });

  test("each line of a wrapped one fits, and its words come in their order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }),
        fc.integer({ min: 9, max: 30 }),
        (words, width) => {
          const lines = wrapped(words.join(" "), width);
          expect(lines.join(" ").split(" ")).toEqual(words);
          for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 12 }), (text, width) => {
        for (const line of wrapped(text, width)) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
      { numRuns: 200 },
    );
  });
});
