/** What is wrong with a JSON text, in the words of Go's encoding/json; scripts have seen them for years. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Go reads ten times as deep; but JSON.stringify, which writes it again, has only the stack. No driver comes near. */
const MAX_DEPTH = 1000;

/** By its name, since a program may have this package twice: within a bundle and beside it. */
export const isConfigError = (thrown: unknown): thrown is ConfigError =>
  thrown instanceof Error && thrown.name === "ConfigError";

/** A JSON text as its value. Throws a {@link ConfigError} with Go's message for the first byte that cannot be. */
export function parseGoJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(new Scanner(text).complaint() ?? END);
  }
  const complaint = text.length > 2 * MAX_DEPTH ? new Scanner(text).complaint() : undefined;
  if (complaint !== undefined) throw new ConfigError(complaint);
  return value;
}

const END = "unexpected end of JSON input";
const closing: Readonly<Record<string, string>> = { "{": "}", "[": "]" };

/** Walks a text for no other reason than to say where Go would stop. */
class Scanner {
  readonly #text: string;
  readonly #open: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  complaint(): string | undefined {
    try {
      this.#values();
      this.#space();
      if (this.#at < this.#text.length) this.#refuse("after top-level value");
    } catch (thrown) {
      if (isConfigError(thrown)) return thrown.message;
      throw thrown;
    }
    return undefined;
  }

  /** One value after the other, until the outermost ends: without recursion, since a text may be nested as deep as it likes. */
  #values(): void {
    do {
      this.#space();
      const next = this.#peek();
      if (closing[next] === undefined) this.#scalar(next);
      else if (this.#began(next)) continue;
      this.#ended();
    } while (this.#open.length > 0);
  }

  /** Whether there is something in it. */
  #began(bracket: string): boolean {
    this.#at++;
    if (this.#open.push(bracket) > MAX_DEPTH) throw new ConfigError("exceeded max depth");
    this.#space();
    if (this.#took(closing[bracket]!)) {
      this.#open.pop();
      return false;
    }
    if (bracket === "{") this.#key();
    return true;
  }

  /** What may stand behind a value: the ends of what it lies in, and what leads to the next one. */
  #ended(): void {
    for (let inside = this.#open.at(-1); inside !== undefined; inside = this.#open.at(-1)) {
      this.#space();
      if (this.#took(closing[inside]!)) {
        this.#open.pop();
        continue;
      }
      if (!this.#took(",")) this.#refuse(inside === "{" ? "after object key:value pair" : "after array element");
      if (inside === "{") this.#key();
      return;
    }
  }

  #key(): void {
    this.#space();
    if (this.#peek() !== '"') this.#refuse("looking for beginning of object key string");
    this.#string();
    this.#space();
    if (!this.#took(":")) this.#refuse("after object key");
  }

  #scalar(next: string): void {
    if (next === '"') this.#string();
    else if (next === "t") this.#word("true");
    else if (next === "f") this.#word("false");
    else if (next === "n") this.#word("null");
    else if (/[-0-9]/.test(next)) this.#number();
    else this.#refuse("looking for beginning of value");
  }

  #string(): void {
    for (this.#at++; this.#peek() !== '"'; this.#at++) {
      if (this.#peek() < " ") this.#refuse("in string literal");
      if (this.#peek() !== "\\") continue;
      this.#at++;
      if (this.#next() === "u") {
        for (let digit = 0; digit < 4; digit++) {
          this.#at++;
          if (!/[0-9a-fA-F]/.test(this.#next())) this.#refuse("in \\u hexadecimal character escape");
        }
      } else if (!/["\\/bfnrt]/.test(this.#next())) this.#refuse("in string escape code");
    }
    this.#at++;
  }

  #word(word: string): void {
    this.#at++;
    for (const letter of word.slice(1)) {
      if (this.#next() !== letter) this.#refuse(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
  }

  #number(): void {
    if (this.#peek() === "-") {
      this.#at++;
      if (!/[0-9]/.test(this.#next())) this.#refuse("in numeric literal");
    }
    if (this.#rest(1) === "0") this.#at++;
    else this.#digits();
    if (this.#rest(1) === ".") {
      this.#at++;
      if (!/[0-9]/.test(this.#next())) this.#refuse("after decimal point in numeric literal");
      this.#digits();
    }
    if (!/[eE]/.test(this.#rest(1))) return;
    this.#at++;
    if (/[+-]/.test(this.#rest(1))) this.#at++;
    if (!/[0-9]/.test(this.#next())) this.#refuse("in exponent of numeric literal");
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
    if (next === "") throw new ConfigError(END);
    return next;
  }

  /** Within a word, a number or an escape: Go takes the end of the text for a blank, which cannot stand there. */
  #next(): string {
    return this.#rest(1) || " ";
  }

  #refuse(where: string): never {
    const [byte = 0] = Buffer.from(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 32));
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
