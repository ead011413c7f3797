import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { quote } from "../src/index.ts";

/** Every class of character that means something to some shell, and some that mean nothing to any. */
const piece = fc.oneof(
  fc.constantFrom(..."'\"\\`$!*?[]{}()<>|&;#~=%^-+,. \t\n\r\u0001\u001b\u007f"),
  fc.constantFrom(
    "$(id)",
    "`id`",
    "${HOME}",
    "'\\''",
    "\\\n",
    "--",
    "-n",
    "if",
    "A=b",
    "~root",
    "\r\n",
    "ä",
    "日本",
    "🐳",
  ),
  fc.string({ unit: "grapheme", maxLength: 5 }).map((text) => text.replaceAll("\0", "")),
);
const argument = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

test("any arguments come back from a real /bin/sh as they were", () => {
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 6 }), (args) => {
      const stdout = execFileSync("/bin/sh", ["-c", quote(["printf", "%s\\0", ...args, "end"])], { encoding: "utf8" });
      expect(stdout.split("\0").slice(0, -1)).toEqual([...args, "end"]);
    }),
    { numRuns: 300 },
  );
});

test("a program's name is never a word of the shell's", () => {
  for (const word of ["if", "!", "{", "A=b", "~"]) expect(quote([word])).toBe(`'${word}'`);
});
