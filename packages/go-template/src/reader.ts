import { TemplateError } from "./failure.ts";
import { isKeyword, lex, type Word } from "./lex.ts";

/** The words of a template, read one after the other, with a place to complain from. */
export class Reader {
  protected readonly name: string;
  protected readonly words: readonly Word[];
  protected at = 0;
  /** Where the action began that is being read; 0 between actions. */
  protected actionLine = 0;

  constructor(name: string, text: string) {
    this.name = name;
    this.words = lex(text);
  }

  protected next(): Word {
    const word = this.words[Math.min(this.at, this.words.length - 1)]!;
    this.at++;
    return word;
  }

  protected back(): void {
    this.at--;
  }

  protected peek(): Word {
    return this.words[Math.min(this.at, this.words.length - 1)]!;
  }

  protected pastSpace(): Word {
    let word = this.next();
    while (word.sort === "space") word = this.next();
    return word;
  }

  protected peekPastSpace(): Word {
    const before = this.at;
    const word = this.pastSpace();
    this.at = before;
    return word;
  }

  protected fail(what: string, line = this.words[Math.max(0, Math.min(this.at, this.words.length) - 1)]!.line): never {
    throw new TemplateError(`template: ${this.name}:${line}: ${what}`);
  }

  protected unexpected(word: Word, context: string): never {
    if (word.sort === "error") {
      const began = this.actionLine;
      const where = began !== 0 && began !== word.line ? ` started at ${this.name}:${began}` : "";
      const extra = where === "" || word.text.endsWith(" action") ? where : ` in action${where}`;
      this.fail(`${word.text}${extra}`, word.line);
    }
    this.fail(`unexpected ${shown(word)} in ${context}`, word.line);
  }
}

/** As Go's errors show a word. */
function shown({ sort, text }: Word): string {
  if (sort === "eof") return "EOF";
  if (isKeyword(sort) || sort === "dot" || sort === "nil") return `<${text}>`;
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}
