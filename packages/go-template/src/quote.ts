const named: Readonly<Record<string, string>> = {
  ...{ "\x07": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v" },
  ...{ '"': '\\"', "\\": "\\\\" },
};

/** strconv.Quote, and QuoteToASCII. */
export function goQuote(value: string, ascii: boolean): string {
  const inside = [...value].map((letter) => {
    if (named[letter] !== undefined) return named[letter];
    const code = letter.codePointAt(0)!;
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code < 0x7f || (!ascii && !/[\p{C}\p{Z}]/u.test(letter))) return letter;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${inside.join("")}"`;
}
