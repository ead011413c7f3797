/** What is wrong with a JSON text, in the words of Go's encoding/json; scripts have seen them for years. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** A JSON text as its value. Throws a {@link ConfigError} with Go's message for the first byte that cannot be. */
export function parseGoJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError(new Scanner(text).complaint());
  }
}

/** Walks a text that JSON.parse refused, for no other reason than to say where Go would have stopped. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  complaint(): string {
    try {
      this.#value("looking for beginning of value");
      this.#space();
      if (this.#at < this.#text.length) this.#refuse("after top-level value");
    } catch (thrown) {
      if (thrown instanceof ConfigError) return thrown.message;
      throw thrown;
    }
    return "unexpected end of JSON input";
  }

  #value(where: string): void {
    this.#space();
    const next = this.#peek();
    if (next === "{") this.#object();
    else if (next === "[") this.#array();
    else if (next === '"') this.#string();
    else if (next === "t") this.#word("true");
    else if (next === "f") this.#word("false");
    else if (next === "n") this.#word("null");
    else if (/[-0-9]/.test(next)) this.#number();
    else this.#refuse(where);
  }

  #object(): void {
    this.#at++;
    this.#space();
    if (this.#took("}")) return;
    for (;;) {
      this.#space();
      if (this.#peek() !== '"') this.#refuse("looking for beginning of object key string");
      this.#string();
      this.#space();
      if (this.#peek() !== ":") this.#refuse("after object key");
      this.#at++;
      this.#value("looking for beginning of value");
      this.#space();
      if (this.#took("}")) return;
      if (this.#peek() !== ",") this.#refuse("after object key:value pair");
      this.#at++;
    }
  }

  #array(): void {
    this.#at++;
    this.#space();
    if (this.#took("]")) return;
    for (;;) {
      this.#value("looking for beginning of value");
      this.#space();
      if (this.#took("]")) return;
      if (this.#peek() !== ",") this.#refuse("after array element");
      this.#at++;
    }
  }

  #string(): void {
    for (this.#at++; this.#peek() !== '"'; this.#at++) {
      if (this.#peek() < " ") this.#refuse("in string literal");
      if (this.#peek() !== "\\") continue;
      this.#at++;
      if (this.#peek() === "u") {
        for (let digit = 0; digit < 4; digit++) {
          this.#at++;
          if (!/[0-9a-fA-F]/.test(this.#peek())) this.#refuse("in \\u hexadecimal character escape");
        }
      } else if (!/["\\/bfnrt]/.test(this.#peek())) this.#refuse("in string escape code");
    }
    this.#at++;
  }

  #word(word: string): void {
    this.#at++;
    for (const letter of word.slice(1)) {
      if (this.#peek() !== letter) this.#refuse(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
  }

  #number(): void {
    if (this.#peek() === "-") {
      this.#at++;
      if (!/[0-9]/.test(this.#peek())) this.#refuse("in numeric literal");
    }
    if (this.#peek() === "0") this.#at++;
    else this.#digits();
    if (this.#rest(1) === ".") {
      this.#at++;
      if (!/[0-9]/.test(this.#peek())) this.#refuse("after decimal point in numeric literal");
      this.#digits();
    }
    if (!/[eE]/.test(this.#rest(1))) return;
    this.#at++;
    if (/[+-]/.test(this.#rest(1))) this.#at++;
    if (!/[0-9]/.test(this.#peek())) this.#refuse("in exponent of numeric literal");
    this.#digits();
  }

  #took(letter: string): boolean {
    if (this.#peek() !== letter) return false;
    this.#at++;
    return true;
  }

  #digits(): void {
    while (/[0-9]/.test(this.#rest(1))) this.#at++;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#rest(1))) this.#at++;
  }

  #rest(count: number): string {
    return this.#text.slice(this.#at, this.#at + count);
  }

  #peek(): string {
    const next = this.#rest(1);
    if (next === "") throw new ConfigError("unexpected end of JSON input");
    return next;
  }

  #refuse(where: string): never {
    const [byte = 0] = Buffer.from(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0));
    throw new ConfigError(`invalid character ${quoted(byte)} ${where}`);
  }
}

/** Go looks at bytes and quotes one as a character constant. */
function quoted(byte: number): string {
  const named: Readonly<Record<number, string>> = { 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f" };
  if (byte === 13) return "'\\r'";
  if (byte === 39) return "'\\''";
  if (byte === 34) return "'\"'";
  if (byte === 92) return "'\\\\'";
  if (named[byte] !== undefined) return `'${named[byte]}'`;
  if (byte < 32 || byte === 127) return `'\\x${byte.toString(16).padStart(2, "0")}'`;
  return byte < 127 || byte >= 161 ? `'${String.fromCharCode(byte)}'` : `'\\u${byte.toString(16).padStart(4, "0")}'`;
}
