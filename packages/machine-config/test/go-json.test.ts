import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError, goJson, parseGoJson } from "../src/index.ts";

const complaint = (text: string): string | undefined => {
  try {
    parseGoJson(text);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.message;
  }
};

/** What Go's encoding/json answered to each, asked of Go itself. */
test.each([
  ["", "unexpected end of JSON input"],
  ["  \n", "unexpected end of JSON input"],
  ["{not json", "invalid character 'n' looking for beginning of object key string"],
  ["{", "unexpected end of JSON input"],
  ['{"a"', "unexpected end of JSON input"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":}', "invalid character '}' looking for beginning of value"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["[1 2]", "invalid character '2' after array element"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ["[1,2", "unexpected end of JSON input"],
  ["{} x", "invalid character 'x' after top-level value"],
  ["01", "invalid character '1' after top-level value"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1e+x", "invalid character 'x' in exponent of numeric literal"],
  ["trux", "invalid character 'x' in literal true (expecting 'e')"],
  ["nil", "invalid character 'i' in literal null (expecting 'u')"],
  ['"a', "unexpected end of JSON input"],
  ['"\t"', "invalid character '\\t' in string literal"],
  ['"\x01"', "invalid character '\\x01' in string literal"],
  ['"\\q"', "invalid character 'q' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
  ["\\", "invalid character '\\\\' looking for beginning of value"],
  ["\x7f", "invalid character '\\x7f' looking for beginning of value"],
  ["é", "invalid character 'Ã' looking for beginning of value"],
  ["\ufeff{}", "invalid character 'ï' looking for beginning of value"],
  // Where a blank cannot stand, Go takes the end of the text for one.
  ["n", "invalid character ' ' in literal null (expecting 'u')"],
  ['{"a":tru', "invalid character ' ' in literal true (expecting 'e')"],
  ["[fals", "invalid character ' ' in literal false (expecting 'e')"],
  ['{"a":-', "invalid character ' ' in numeric literal"],
  ["[0.", "invalid character ' ' after decimal point in numeric literal"],
  ["1e", "invalid character ' ' in exponent of numeric literal"],
  ["1e+", "invalid character ' ' in exponent of numeric literal"],
  ['"\\', "invalid character ' ' in string escape code"],
  ['"\\u0', "invalid character ' ' in \\u hexadecimal character escape"],
])("%j is refused in Go's words", (text, message) => {
  expect(complaint(text)).toBe(message);
});

test("what is nested too deep to be written again is refused as Go refuses what is too deep for it", () => {
  for (const text of ["[".repeat(1001), `${"[".repeat(1001)}${"]".repeat(1001)}`, '{"a":'.repeat(1_000_000)])
    expect(complaint(text)).toBe("exceeded max depth");
  const deepest = `${"[".repeat(1000)}${"]".repeat(1000)}`;
  expect(goJson(parseGoJson(deepest))).toBe(deepest);
  expect(complaint(`"${"[".repeat(5000)}\\"${"{".repeat(5000)}"`)).toBeUndefined();
  expect(complaint("[".repeat(1000))).toBe("unexpected end of JSON input");
});

test("each text is a value, the one that JSON.parse has, or refused with a ConfigError", () => {
  const pieces = [
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\\u",
    "0",
    "1",
    "-",
    ".",
    "e",
    "+",
    "null",
    "true",
    " ",
    "é",
  ];
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 3 })),
      (json, place, piece) => {
        expect(parseGoJson(json)).toEqual(JSON.parse(json));
        const at = place % (json.length + 1);
        for (const text of [json.slice(0, at), json.slice(0, at) + piece + json.slice(at)]) {
          const message = complaint(text);
          if (message === undefined) expect(parseGoJson(text)).toEqual(JSON.parse(text));
          else expect(message).toMatch(/^invalid character '.*' [a-z\\]|^unexpected end of JSON input$/u);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("a complaint has one character of the text, and so no secret of it", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9]{12,40}$/), fc.nat(40), (secret, at) => {
      const text = `{"Driver":{"AccessToken":"${secret}"}}`;
      const broken = [text.slice(0, at), text.slice(0, at) + text.slice(at + 1), text.replace('"}}', '"}x')];
      for (const each of broken) expect(complaint(each) ?? "").not.toContain(secret.slice(0, 8));
    }),
  );
});

test("what HTML would take for markup is escaped as Go does, and so are control characters", () => {
  expect(goJson({ a: "<&>\u2028\u2029", "\b": "\f\n\r\t\x01\x7f", c: "\\b \\\\f é" })).toBe(
    '{"a":"\\u003c\\u0026\\u003e\\u2028\\u2029","\\u0008":"\\u000c\\n\\r\\t\\u0001\x7f","c":"\\\\b \\\\\\\\f é"}',
  );
});

test("whatever is written is read again as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 4), (value, indent) => {
      const text = goJson(value, indent);
      expect(text).not.toMatch(/[<>&\u2028\u2029\b\f]/);
      expect(parseGoJson(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
