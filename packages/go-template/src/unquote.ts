/** A Go string literal as its text; undefined for one that is none. */
export function unquote(literal: string): string | undefined {
  if (literal.startsWith("`")) return literal.slice(1, -1).replaceAll("\r", "");
  return escapes(literal.slice(1, -1), '"');
}

/** A Go character literal as its code point. */
export function unquoteChar(literal: string): number | undefined {
  const text = escapes(literal.slice(1, -1), "'");
  return text !== undefined && [...text].length === 1 ? text.codePointAt(0) : undefined;
}

const single: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\" },
};

/** Escapes of bytes make up UTF-8, so that all is put together as bytes. */
function escapes(text: string, quote: string): string | undefined {
  const parts: Buffer[] = [];
  const pattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))|([^\\]+)/gsy;
  let end = 0;
  for (const [all, hex, short, long, octal, letter, plain] of text.matchAll(pattern)) {
    end += all.length;
    if (plain !== undefined) parts.push(Buffer.from(plain));
    else if (hex !== undefined) parts.push(Buffer.from([Number.parseInt(hex, 16)]));
    else if (octal !== undefined) {
      const byte = Number.parseInt(octal, 8);
      if (byte > 255) return undefined;
      parts.push(Buffer.from([byte]));
    } else if (letter !== undefined) {
      const meant = letter === quote ? quote : single[letter];
      if (meant === undefined) return undefined;
      parts.push(Buffer.from(meant));
    } else {
      const code = Number.parseInt((short ?? long)!, 16);
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
      parts.push(Buffer.from(String.fromCodePoint(code)));
    }
  }
  return end === text.length ? Buffer.concat(parts).toString("utf8") : undefined;
}
