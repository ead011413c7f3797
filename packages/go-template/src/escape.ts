const markup: Readonly<Record<string, string>> = {
  "\0": "\uFFFD",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

export const html = (text: string): string => text.replace(/[\0"'&<>]/g, (found) => markup[found]!);

const script: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

/** What no script prints is written by its number. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u;

export function js(text: string): string {
  return [...text]
    .map((letter) => {
      if (script[letter] !== undefined) return script[letter];
      const code = letter.codePointAt(0)!;
      if (code < 32) return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
      if (code < 128 || !unprintable.test(letter)) return letter;
      return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
    })
    .join("");
}

export const urlquery = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      if (/[A-Za-z0-9\-_.~]/.test(letter)) return letter;
      return letter === " " ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
