import type { Word } from "./lex.ts";
import { type Command, type Operand, type Pipe, written } from "./nodes.ts";
import { numberOf } from "./number.ts";
import { Reader } from "./reader.ts";
import { unquote, unquoteChar } from "./unquote.ts";

/** Pipelines: what stands between the delimiters. */
export class Pipelines extends Reader {
  readonly #functions: ReadonlySet<string>;
  /** Variables in scope, `$` first. */
  protected variables: string[] = ["$"];

  constructor(name: string, text: string, functions: ReadonlySet<string>) {
    super(name, text);
    this.#functions = functions;
  }

  protected templateName(context: string): string {
    const word = this.pastSpace();
    if (word.sort !== "string" && word.sort !== "raw") this.unexpected(word, context);
    return this.unquoted(word);
  }

  protected unquoted(word: Word): string {
    const text = unquote(word.text);
    return text ?? this.fail("invalid syntax", word.line);
  }

  protected pipeline(context: string, end: "right" | ")"): Pipe {
    const first = this.peekPastSpace();
    const { at, line } = first;
    const { variables, assigns } = this.declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const word = this.pastSpace();
      if (word.sort === end) {
        this.check(commands, context);
        return { sort: "pipe", variables, assigns, commands, at, line };
      }
      if (!begins.has(word.sort)) this.unexpected(word, context);
      this.back();
      commands.push(this.command());
    }
  }

  protected declarations(context: string): { readonly variables: string[]; readonly assigns: boolean } {
    const variables: string[] = [];
    for (;;) {
      const start = this.at;
      const name = this.pastSpace();
      const then = this.pastSpace();
      if (name.sort === "variable" && (then.sort === "declare" || then.sort === "assign")) {
        variables.push(name.text);
        if (then.sort === "declare") this.variables.push(name.text);
        return { variables, assigns: then.sort === "assign" };
      }
      if (name.sort === "variable" && then.sort === "comma") {
        variables.push(name.text);
        this.variables.push(name.text);
        if (context !== "range" || variables.length > 1) this.fail(`too many declarations in ${context}`);
        const after = this.peekPastSpace().sort;
        if (after !== "variable" && after !== "right" && after !== ")")
          this.fail("range can only initialize variables");
        continue;
      }
      this.at = start;
      return { variables, assigns: false };
    }
  }

  protected check(commands: readonly Command[], context: string): void {
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      const sort = command.args[0]!.sort;
      if (index > 0 && ["bool", "dot", "nil", "number", "string"].includes(sort))
        this.fail(`non executable command in pipeline stage ${index + 1}`);
    }
  }

  protected command(): Command {
    const { at, line } = this.peekPastSpace();
    const args: Operand[] = [];
    for (;;) {
      this.skipSpace();
      const operand = this.operand();
      if (operand !== undefined) args.push(operand);
      const word = this.next();
      if (word.sort === "space") continue;
      if (word.sort === "right" || word.sort === ")") this.back();
      else if (word.sort !== "pipe") this.unexpected(word, "operand");
      break;
    }
    if (args.length === 0) this.fail("empty command");
    return { sort: "command", args, at, line };
  }

  protected skipSpace(): void {
    while (this.peek().sort === "space") this.next();
  }

  protected operand(): Operand | undefined {
    const node = this.term();
    if (node === undefined || this.peek().sort !== "field") return node;
    const { at, line } = this.peek();
    const names: string[] = [];
    while (this.peek().sort === "field") names.push(this.next().text.slice(1));
    switch (node.sort) {
      case "field":
        return { sort: "field", names: [...node.names, ...names], at, line };
      case "variable":
        return { ...node, names: [...node.names, ...names], at, line };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        return this.fail(`unexpected . after term ${JSON.stringify(written(node))}`);
      default:
        return { sort: "chain", node, names, at, line };
    }
  }

  protected term(): Operand | undefined {
    const word = this.pastSpace();
    const { at, line, text } = word;
    switch (word.sort) {
      case "identifier":
        if (!this.#functions.has(text)) this.fail(`function ${JSON.stringify(text)} not defined`);
        return { sort: "identifier", name: text, at, line };
      case "dot":
      case "nil":
        return { sort: word.sort, at, line };
      case "variable":
        if (!this.variables.includes(text)) this.fail(`undefined variable ${JSON.stringify(text)}`);
        return { sort: "variable", name: text, names: [], at, line };
      case "field":
        return { sort: "field", names: [text.slice(1)], at, line };
      case "bool":
        return { sort: "bool", value: text === "true", at, line };
      case "number":
        return { sort: "number", value: this.#number(text), text, at, line };
      case "char": {
        const code = unquoteChar(text);
        if (code === undefined) this.fail(`malformed character constant: ${text}`);
        return { sort: "number", value: BigInt(code), text, at, line };
      }
      case "string":
      case "raw":
        return { sort: "string", value: this.unquoted(word), text, at, line };
      case "(":
        return this.pipeline("parenthesized pipeline", ")");
    }
    this.back();
    return undefined;
  }

  #number(text: string): number | bigint {
    try {
      return numberOf(text);
    } catch (thrown) {
      return this.fail((thrown as Error).message);
    }
  }
}

const begins: ReadonlySet<Word["sort"]> = new Set<Word["sort"]>([
  ...(["bool", "char", "dot", "field", "identifier", "number"] as const),
  ...(["nil", "raw", "string", "variable", "("] as const),
]);
