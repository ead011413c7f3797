import { Evaluation, type Program } from "./evaluate.ts";
import type { Held } from "./fields.ts";
import type { ActionNode, BranchNode, Node, Pipe, TemplateNode } from "./nodes.ts";
import { plain } from "./print.ts";
import { isList, isMap, isTrue, Struct, sortedKeys, type Value } from "./values.ts";

/** Deeper calls are no templates but mistakes. Go goes down to 100,000, for which this stack is too small. */
const deepest = 500;

class Leave {
  readonly sort: "break" | "continue";
  constructor(sort: "break" | "continue") {
    this.sort = sort;
  }
}

/** Runs one template, and those that it calls. Throws a TemplateError in Go's words. */
export class Execution extends Evaluation {
  readonly #depth: number;
  readonly #out: string[];

  constructor(program: Program, template: string, dot: Held, out: string[], depth = 0) {
    super(program, template, dot);
    this.#out = out;
    this.#depth = depth;
  }

  run(dot: Held): void {
    this.#walk(dot, this.program.templates.get(this.template) ?? []);
  }

  #walk(dot: Held, nodes: readonly Node[]): void {
    for (const node of nodes) {
      switch (node.sort) {
        case "text":
          this.#out.push(node.text);
          break;
        case "action": {
          this.point(node);
          const value = this.pipe(dot, node.pipe);
          if (node.pipe.variables.length === 0) this.#print(node, value);
          break;
        }
        case "if":
        case "with":
          this.#ifOrWith(dot, node);
          break;
        case "range":
          this.#range(dot, node);
          break;
        case "template":
          this.#call(dot, node);
          break;
        default:
          throw new Leave(node.sort);
      }
    }
  }

  #print(node: ActionNode, value: Value): void {
    this.point(node);
    const shown = value instanceof Struct && value.fields ? plain(value).replace(/^&/, "") : plain(value);
    this.#out.push(value === undefined ? "<no value>" : shown);
  }

  #scoped(work: () => void): void {
    const mark = this.variables.length;
    try {
      work();
    } finally {
      this.variables.length = mark;
    }
  }

  #ifOrWith(dot: Held, node: BranchNode): void {
    this.point(node);
    this.#scoped(() => {
      const value = this.pipe(dot, node.pipe);
      if (isTrue(value)) this.#walk(node.sort === "with" ? { value } : dot, node.list);
      else if (node.otherwise) this.#walk(dot, node.otherwise);
    });
  }

  #range(dot: Held, node: BranchNode): void {
    this.point(node);
    this.#scoped(() => {
      const value = this.pipe(dot, node.pipe);
      const pairs = this.#pairs(value);
      if (pairs.length === 0 && node.otherwise) return this.#walk(dot, node.otherwise);
      const mark = this.variables.length;
      for (const [key, element] of pairs) {
        this.#loopVariables(node.pipe, key, element);
        try {
          this.#walk({ value: element, boxed: true }, node.list);
        } catch (thrown) {
          if (!(thrown instanceof Leave)) throw thrown;
          if (thrown.sort === "break") return;
        } finally {
          this.variables.length = mark;
        }
      }
    });
  }

  #pairs(value: Value): readonly (readonly [Value, Value])[] {
    if (value === undefined || value === null) return [];
    if (isList(value)) return value.map((each, index) => [BigInt(index), each] as const);
    if (isMap(value)) return sortedKeys(value).map((key) => [key, value[key]] as const);
    return this.fail(`range can't iterate over ${plain(value)}`);
  }

  /** The last one is the element, the one before it the index. */
  #loopVariables({ variables, assigns }: Pipe, key: Value, element: Value): void {
    const held: Held = { value: element, boxed: true };
    const values: readonly Held[] = variables.length > 1 ? [{ value: key }, held] : [held];
    for (const [index, name] of variables.entries()) {
      if (assigns) this.assign(name, values[index]!);
      else this.variables[this.variables.length - variables.length + index]!.held = values[index]!;
    }
  }

  #call(dot: Held, node: TemplateNode): void {
    this.point(node);
    if (!this.program.templates.has(node.name)) this.fail(`template ${JSON.stringify(node.name)} not defined`);
    if (this.#depth >= deepest) this.fail(`exceeded maximum template depth (${deepest})`);
    const held: Held = { value: node.pipe ? this.pipe(dot, node.pipe) : undefined };
    new Execution(this.program, node.name, held, this.#out, this.#depth + 1).run(held);
  }
}
