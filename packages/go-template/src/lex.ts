/** The sorts of words of a template. Keywords are their own sort. */
export type Sort =
  | "text"
  | "left"
  | "right"
  | "space"
  | "identifier"
  | "field"
  | "variable"
  | "bool"
  | "char"
  | "number"
  | "string"
  | "raw"
  | "pipe"
  | "declare"
  | "assign"
  | "("
  | ")"
  | "dot"
  | "nil"
  | "comma"
  /** Any other character that can be printed: it stands where nothing is meant by it. */
  | "other"
  | "eof"
  | "error"
  | Keyword;

const keywords = ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"] as const;
export type Keyword = (typeof keywords)[number];
export const isKeyword = (sort: Sort): sort is Keyword => (keywords as readonly string[]).includes(sort);

export interface Word {
  readonly sort: Sort;
  readonly text: string;
  /** Where it begins, in characters. */
  readonly at: number;
  readonly line: number;
}

const space = /[ \t\r\n]/;
const letter = /[\p{L}\p{Nd}_]/u;

/** A template as its words. What is wrong is a word of sort `error`, the last one. */
export function lex(input: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  let line = 1;
  let depth = 0;
  const emit = (sort: Sort, end: number, text = input.slice(at, end)) => {
    words.push({ sort, text, at, line });
    line += count(input.slice(at, end));
    at = end;
  };
  const fail = (text: string, where = at) => {
    words.push({ sort: "error", text, at: where, line: line + count(input.slice(at, where)) });
    return words;
  };
  for (;;) {
    const left = input.indexOf("{{", at);
    if (left < 0) {
      if (at < input.length) emit("text", input.length);
      words.push({ sort: "eof", text: "", at: input.length, line });
      return words;
    }
    const trims = input[left + 2] === "-" && space.test(input[left + 3] ?? "");
    const text = trims ? input.slice(at, left).trimEnd() : input.slice(at, left);
    if (text !== "") emit("text", at + text.length);
    line += count(input.slice(at, left));
    at = left;
    const inside = left + 2 + (trims ? 2 : 0);
    if (input.startsWith("/*", inside)) {
      const close = input.indexOf("*/", inside);
      if (close < 0) return fail("unclosed comment");
      const end = rightAt(input, close + 2);
      if (end === undefined) return fail("comment ends before closing delimiter");
      line += count(input.slice(at, end));
      at = end;
      continue;
    }
    emit("left", inside, "{{");
    depth = 0;
    for (;;) {
      const end = rightAt(input, at);
      if (end !== undefined) {
        if (depth > 0) return fail("unclosed left paren");
        const from = at;
        emit("right", input.indexOf("}}", from) + 2, "}}");
        line += count(input.slice(at, end));
        at = end;
        break;
      }
      const next = input[at];
      if (next === undefined) return fail("unclosed action");
      if (space.test(next)) {
        let stop = at;
        while (space.test(input[stop] ?? "")) stop++;
        // The space before a trimming delimiter belongs to that.
        if (rightAt(input, stop - 1) !== undefined && input[stop] === "-") stop--;
        if (stop > at) emit("space", stop);
        continue;
      }
      const problem = word(next);
      if (problem !== undefined) return fail(problem);
    }
  }

  /** One word within an action; what is wrong with it, if anything is. */
  function word(next: string): string | undefined {
    if (input.startsWith(":=", at)) return void emit("declare", at + 2);
    if (next === ":") return "expected :=";
    if (next === "=") return void emit("assign", at + 1);
    if (next === "|") return void emit("pipe", at + 1);
    if (next === ",") return void emit("comma", at + 1);
    if (next === "(") {
      depth++;
      return void emit("(", at + 1);
    }
    if (next === ")") {
      depth--;
      return void emit(")", at + 1);
    }
    if (next === '"' || next === "'") return quoted(next);
    if (next === "`") {
      const end = input.indexOf("`", at + 1);
      return end < 0 ? "unterminated raw quoted string" : void emit("raw", end + 1);
    }
    if (next === "." && !/[0-9]/.test(input[at + 1] ?? "")) return named("field");
    if (next === "$") return named("variable");
    if (/[+\-0-9.]/.test(next)) return number();
    if (letter.test(next)) return named("identifier");
    if (/[!-~]/.test(next)) return void emit("other", at + 1);
    return `unrecognized character in action: ${characterName(input.codePointAt(at)!)}`;
  }

  function quoted(quote: string): string | undefined {
    const what = quote === '"' ? "unterminated quoted string" : "unterminated character constant";
    for (let end = at + 1; ; end++) {
      const next = input[end];
      if (next === undefined || next === "\n") return what;
      if (next === "\\") end++;
      else if (next === quote) return void emit(quote === '"' ? "string" : "char", end + 1);
    }
  }

  function named(sort: "field" | "variable" | "identifier"): string | undefined {
    let end = sort === "identifier" ? at : at + 1;
    while (letter.test(input[end] ?? "")) end++;
    const text = input.slice(at, end);
    if (!isTerminator(input, end)) {
      return `bad character ${characterName(input.codePointAt(end)!)}`;
    }
    if (sort === "field" && text === ".") return void emit("dot", end);
    if (sort !== "identifier") return void emit(sort, end);
    if ((keywords as readonly string[]).includes(text)) return void emit(text as Keyword, end);
    if (text === "true" || text === "false") return void emit("bool", end);
    return void emit(text === "nil" ? "nil" : "identifier", end);
  }

  function number(): string | undefined {
    const found = /^[+-]?(0[xX][0-9a-fA-F_]*|0[bB][01_]*|0[oO][0-7_]*|[0-9_]*\.?[0-9_]*([eE][+-]?[0-9_]+)?)/.exec(
      input.slice(at),
    )![0];
    const end = at + found.length;
    if (letter.test(input[end] ?? "") || !/[0-9]/.test(found))
      return `bad number syntax: ${JSON.stringify(input.slice(at, end + 1))}`;
    return void emit("number", end);
  }
}

/** The end of the action that ends here, with what it trims; undefined where none does. */
function rightAt(input: string, at: number): number | undefined {
  const trims = /^[ \t\r\n]-\}\}/.test(input.slice(at, at + 4));
  if (!trims) return input.startsWith("}}", at) ? at + 2 : undefined;
  let end = at + 4;
  while (space.test(input[end] ?? "")) end++;
  return end;
}

const isTerminator = (input: string, at: number): boolean => {
  const next = input[at];
  return next === undefined || /[ \t\r\n.,|:)(]/.test(next) || input.startsWith("}}", at);
};

const count = (text: string): number => text.split("\n").length - 1;

/** `U+0023 '#'`, without the character where it cannot be seen. */
function characterName(code: number): string {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const letter = String.fromCodePoint(code);
  return /[\p{C}\p{Z}]/u.test(letter) && letter !== " " ? name : `${name} '${letter}'`;
}
