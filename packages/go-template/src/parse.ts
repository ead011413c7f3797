import type { Node, Pipe } from "./nodes.ts";
import { Pipelines } from "./pipelines.ts";

/** The templates of a text: its own, and those that it defines. */
export type Templates = ReadonlyMap<string, readonly Node[]>;

/** Throws a TemplateError in Go's words. `functions`: names that may be called. */
export const parseTemplate = (name: string, text: string, functions: ReadonlySet<string>): Templates =>
  new Parser(name, text, functions).all();

/** What ends a list, which is no part of it. */
interface Ending {
  readonly sort: "end" | "else";
  /** `{{else if}}`. */
  readonly if?: boolean;
}

const isEnding = (part: Node | Ending): part is Ending => part.sort === "end" || part.sort === "else";

class Parser extends Pipelines {
  readonly #templates = new Map<string, readonly Node[]>();
  #loops = 0;

  all(): Templates {
    const list: Node[] = [];
    while (this.peek().sort !== "eof") {
      const word = this.next();
      if (word.sort === "left" && this.peekPastSpace().sort === "define") {
        this.pastSpace();
        this.#define();
        continue;
      }
      this.back();
      const node = this.#textOrAction();
      if (isEnding(node)) this.fail(`unexpected {{${node.sort}}}`);
      list.push(node);
    }
    this.#add(this.name, list);
    return this.#templates;
  }

  #textOrAction(): Node | Ending {
    const word = this.next();
    if (word.sort === "text") return { sort: "text", text: word.text, at: word.at, line: word.line };
    if (word.sort !== "left") this.unexpected(word, "input");
    this.actionLine = word.line;
    const node = this.#action();
    this.actionLine = 0;
    return node;
  }

  #action(): Node | Ending {
    const word = this.pastSpace();
    const { at, line } = word;
    switch (word.sort) {
      case "if":
      case "with":
      case "range":
        return this.#branch(word.sort, at, line);
      case "else": {
        const peeked = this.peekPastSpace();
        if (peeked.sort === "if") {
          this.pastSpace();
          this.back();
          return { sort: "else", if: true };
        }
        this.#expectRight("else");
        return { sort: "else" };
      }
      case "end":
        this.#expectRight("end");
        return { sort: "end" };
      case "break":
      case "continue":
        if (this.peekPastSpace().sort !== "right") this.unexpected(this.pastSpace(), `{{${word.sort}}}`);
        this.pastSpace();
        if (this.#loops === 0) this.fail(`{{${word.sort}}} outside {{range}}`);
        return { sort: word.sort, at, line };
      case "template": {
        const { at, line } = this.peekPastSpace();
        const name = this.templateName("template clause");
        let pipe: Pipe | undefined;
        if (this.pastSpace().sort !== "right") {
          this.back();
          pipe = this.pipeline("template clause", "right");
        }
        return { sort: "template", name, pipe, at, line };
      }
      case "block": {
        const { at, line } = this.peekPastSpace();
        const name = this.templateName("block clause");
        const pipe = this.pipeline("block clause", "right");
        this.#add(name, this.#body("block clause"));
        return { sort: "template", name, pipe, at, line };
      }
      case "define":
        return this.unexpected(word, "command");
    }
    this.back();
    const begun = this.peek();
    const pipe = this.pipeline("command", "right");
    return { sort: "action", pipe, at: begun.at, line: begun.line };
  }

  #expectRight(context: string): void {
    const word = this.pastSpace();
    if (word.sort !== "right") this.unexpected(word, context);
  }

  #define(): void {
    const name = this.templateName("define clause");
    this.#expectRight("define clause");
    const variables = this.variables;
    this.variables = ["$"];
    this.#add(name, this.#body("define clause"));
    this.variables = variables;
  }

  /** An empty template gives way to any other of its name. */
  #add(name: string, list: readonly Node[]): void {
    const isEmpty = (nodes: readonly Node[]) => nodes.every((node) => node.sort === "text" && node.text.trim() === "");
    const before = this.#templates.get(name);
    if (before === undefined || isEmpty(before)) this.#templates.set(name, list);
    else if (!isEmpty(list)) this.fail(`template: multiple definition of template ${JSON.stringify(name)}`);
  }

  #body(context: string): Node[] {
    const { list, end } = this.#list();
    if (end.sort !== "end") this.fail(`unexpected {{${end.sort}}} in ${context}`);
    return list;
  }

  #list() {
    const list: Node[] = [];
    while (this.peek().sort !== "eof") {
      const node = this.#textOrAction();
      if (isEnding(node)) return { list, end: node };
      list.push(node);
    }
    return this.fail("unexpected EOF", this.peek().line);
  }

  #branch(sort: "if" | "with" | "range", at: number, line: number): Node {
    const before = this.variables.length;
    const pipe = this.pipeline(sort, "right");
    if (sort === "range") this.#loops++;
    const { list, end } = this.#list();
    if (sort === "range") this.#loops--;
    let otherwise: readonly Node[] | undefined;
    if (end.sort === "else") {
      if (end.if && sort === "if") {
        // `{{else if}}` is an `if` in the place of the list after `else`; both end with the same `end`.
        const inner = this.next();
        otherwise = [this.#branch("if", inner.at, inner.line)];
      } else {
        if (end.if) this.unexpected(this.next(), "else");
        const rest = this.#list();
        if (rest.end.sort !== "end") this.fail(`expected end; found {{${rest.end.sort}}}`);
        otherwise = rest.list;
      }
    }
    this.variables.length = before;
    return { sort, pipe, list, otherwise, at, line };
  }
}
