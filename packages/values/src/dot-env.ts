import { type Leniency, type Lookup, substitute, VariableFailure } from "./variables.ts";

interface Entry {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** As it is written, without its quotes. */
  readonly text: string;
  readonly quote: "" | "'" | '"';
  readonly closed: boolean;
}

const assignment = /^[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][A-Za-z0-9_.]*)[^\S\n]*(?:=|:(?=[^\S\n]))[^\S\n]*/;
const escapes: { readonly [letter: string]: string } = { n: "\n", r: "\r", t: "\t" };

/** What such a file gives; a value is worked out when it is asked for. */
export interface DotEnv {
  readonly names: ReadonlySet<string>;
  readonly lookup: Lookup;
}

/**
 * The variables of a `.env` file, as compose reads it: `NAME=value`, an optional `export`, `#` comments, quoted values over
 * several lines. Text in single quotes is taken as it is; elsewhere variables are put in, which may come from `outer` or
 * from above. Such a file is other programs', too: nothing in it is judged but what is asked for, and then by a
 * {@link VariableFailure} that quotes no value.
 */
export function readDotEnv(text: string, outer: Lookup, rules?: Leniency): DotEnv {
  const entries = entriesOf(text);
  const lookup = (name: string, before: number): string | undefined => {
    const index = entries.slice(0, before).findLastIndex((entry) => entry.name === name);
    return index < 0 ? undefined : valueIn(entries[index]!, (other) => outer(other) ?? lookup(other, index), rules);
  };
  return { names: new Set(entries.map(({ name }) => name)), lookup: (name) => lookup(name, entries.length) };
}

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const end = endOfLine(text, at);
    const found = assignment.exec(text.slice(at, end));
    if (found === null) {
      at = end + 1;
      line++;
      continue;
    }
    const value = valueAt(text, at + found[0].length, end);
    entries.push({ name: found[1]!, line, text: value.text, quote: value.quote, closed: value.closed });
    line += text.slice(at, value.end).split("\n").length;
    at = value.end + 1;
  }
  return entries;
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
};

/** The value that begins at `from`, on the line that ends at `end`; its own `end` is that of its last line. */
function valueAt(text: string, from: number, end: number): Omit<Entry, "name" | "line"> & { readonly end: number } {
  const first = text[from];
  if (first !== "'" && first !== '"') {
    const plain = text.slice(from, end).replace(/(^|\s+)#.*$/, "");
    return { text: plain.trimEnd(), quote: "", closed: true, end };
  }
  const close = closing(text, from);
  const last = close < 0 ? end : endOfLine(text, close);
  const closed = close >= 0 && /^\s*(?:#.*)?$/.test(text.slice(close + 1, last));
  // A quote that is nowhere closed says nothing of the lines below it.
  return closed
    ? { text: text.slice(from + 1, close), quote: first, closed, end: last }
    : { text: "", quote: first, closed, end };
}

function closing(text: string, from: number): number {
  const quote = text[from];
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === quote) return at;
    if (text[at] === "\\" && quote === '"') at++;
  }
  return -1;
}

function valueIn({ name, line, text, quote, closed }: Entry, lookup: Lookup, rules: Leniency | undefined): string {
  const fault = (what: string) =>
    new VariableFailure(
      `the variable ${name} (line ${line} of .env) cannot be read: ${what}`,
      "Put its value in single quotes where it is to be taken as it is.",
    );
  if (!closed) throw fault("its quote is not closed");
  if (text.includes("\ufffd")) throw fault("it is not UTF-8 text");
  if (quote === "'") return text;
  const plain = quote === "" ? text : text.replace(/\\([\s\S])/g, (_, letter: string) => unescaped(letter));
  try {
    return substitute(plain, lookup, rules);
  } catch (error) {
    if (!(error instanceof VariableFailure)) throw error;
    // What comes after a `$` may be the end of a password: none of it is quoted.
    throw fault("it has a `$` that begins no variable which is set");
  }
}

const unescaped = (letter: string): string => escapes[letter] ?? (letter === "$" ? "$$" : letter);
