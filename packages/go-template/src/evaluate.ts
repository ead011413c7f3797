import { TemplateError } from "./failure.ts";
import { evalField, type Held, nothing } from "./fields.ts";
import { builtins, type Func, type Functions } from "./functions.ts";
import {
  type ActionNode,
  type BranchNode,
  type Command,
  type Operand,
  type Pipe,
  type TemplateNode,
  written,
} from "./nodes.ts";
import type { Templates } from "./parse.ts";
import { isTrue, typeName, type Value } from "./values.ts";

export interface Program {
  readonly name: string;
  readonly text: string;
  readonly templates: Templates;
  readonly functions: Functions;
}

/** Pipelines worked out, with the variables in scope and a place to complain from. */
export class Evaluation {
  protected readonly program: Program;
  protected readonly template: string;
  protected variables: { readonly name: string; held: Held }[];
  #at: { readonly at: number; readonly shown: string } | undefined;

  constructor(program: Program, template: string, dot: Held) {
    this.program = program;
    this.template = template;
    this.variables = [{ name: "$", held: dot }];
  }

  protected fail(message: string): never {
    const { name, text } = this.program;
    if (!this.#at) throw new TemplateError(`template: ${name}: ${message}`);
    const before = text.slice(0, this.#at.at);
    const line = before.split("\n").length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf("\n") + 1));
    throw new TemplateError(
      `template: ${name}:${line}:${column}: executing ${JSON.stringify(this.template)} at <${this.#at.shown}>: ${message}`,
    );
  }

  protected point(node: ActionNode | BranchNode | TemplateNode | Pipe | Command | Operand): void {
    const isAction = "pipe" in node && node.sort !== "template";
    this.#at = { at: node.at, shown: isAction ? actionText(node) : written(node) };
  }

  protected assign(name: string, held: Held): void {
    const variable = this.variables.findLast((each) => each.name === name);
    if (!variable) this.fail(`undefined variable: ${name}`);
    variable.held = held;
  }

  /** What a pipeline comes to. An element that is nil is nothing from here on. */
  protected pipe(dot: Held, pipe: Pipe): Value {
    this.point(pipe);
    let held: Held | undefined;
    for (const command of pipe.commands) {
      held = this.#command(dot, command, held);
      if (held.boxed) held = { value: held.value ?? undefined };
    }
    const value = held?.value;
    for (const name of pipe.variables) {
      if (pipe.assigns) this.assign(name, { value });
      else this.variables.push({ name, held: { value } });
    }
    return value;
  }

  #command(dot: Held, command: Command, final: Held | undefined): Held {
    const [first, ...rest] = command.args as [Operand, ...Operand[]];
    switch (first.sort) {
      case "field":
      case "chain":
      case "variable":
        return this.#named(dot, first, rest.length > 0 || final !== undefined);
      case "identifier":
        return this.#function(dot, first, rest, final, command);
      case "pipe":
        this.#noArguments(first, rest, final);
        return { value: this.pipe(dot, first) };
    }
    this.point(first);
    this.#noArguments(first, rest, final);
    switch (first.sort) {
      case "dot":
        return dot;
      case "nil":
        return this.fail("nil is not a command");
      default:
        return this.#constant(first);
    }
  }

  #noArguments(first: Operand, rest: readonly Operand[], final: Held | undefined): void {
    if (rest.length > 0 || final !== undefined) this.fail(`can't give argument to non-function ${written(first)}`);
  }

  /** A field of dot, of a variable or of a value in parentheses. */
  #named(dot: Held, node: Operand & { readonly sort: "field" | "chain" | "variable" }, hasArguments: boolean): Held {
    this.point(node);
    let held: Held;
    if (node.sort === "field") held = dot;
    else if (node.sort === "variable") {
      held = this.variables.findLast((each) => each.name === node.name)?.held ?? nothing;
      if (node.names.length === 0 && hasArguments) this.fail(`can't give argument to non-function ${written(node)}`);
    } else {
      if (node.node.sort === "nil") this.fail(`indirection through explicit nil in ${written(node)}`);
      held = this.#argument(dot, node.node);
    }
    for (const [index, name] of node.names.entries())
      held = evalField(held, name, hasArguments && index === node.names.length - 1, (message) => this.fail(message));
    return held;
  }

  #argument(dot: Held, node: Operand): Held {
    this.point(node);
    switch (node.sort) {
      case "dot":
        return dot;
      case "nil":
        return nothing;
      case "field":
      case "chain":
      case "variable":
        return this.#named(dot, node, false);
      case "identifier":
        return this.#function(dot, node, [], undefined, node);
      case "pipe":
        return { value: this.pipe(dot, node) };
      default:
        return this.#constant(node);
    }
  }

  #constant(node: Operand & { readonly sort: "bool" | "number" | "string" }): Held {
    if (typeof node.value === "bigint" && node.value >= 2n ** 63n) this.fail(`${written(node)} overflows int`);
    return { value: node.value };
  }

  #function(
    dot: Held,
    node: Operand & { readonly sort: "identifier" },
    args: readonly Operand[],
    final: Held | undefined,
    whole: Command | Operand,
  ): Held {
    this.point(node);
    const { name } = node;
    const found: Func = this.program.functions[name] ?? builtins[name]!;
    const count = args.length + (final ? 1 : 0);
    if (found.variadic && count < found.fixed)
      this.fail(`wrong number of args for ${name}: want at least ${found.fixed} got ${args.length}`);
    if (!found.variadic && count !== found.fixed)
      this.fail(`wrong number of args for ${name}: want ${found.fixed} got ${count}`);
    if (name === "and" || name === "or") return this.#shortCircuit(dot, name, args, final);
    const values = args.map((arg, index) => this.#typed(found, index, this.#argument(dot, arg), arg));
    if (final) values.push(this.#typed(found, args.length, final, undefined));
    try {
      return {
        value: found.call(
          values.map(({ value }) => value),
          values.map(({ boxed = false }) => boxed),
        ),
      };
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      this.point(whole);
      return this.fail(`error calling ${name}: ${thrown.message}`);
    }
  }

  #shortCircuit(dot: Held, name: "and" | "or", args: readonly Operand[], final: Held | undefined): Held {
    let value: Held = nothing;
    for (const arg of args) {
      value = this.#argument(dot, arg);
      if (isTrue(value.value) === (name === "or")) return value;
    }
    return final ?? value;
  }

  /** The first argument of printf must be text; all others may be anything. */
  #typed(found: Func, index: number, held: Held, node: Operand | undefined): Held {
    if (!found.text || index > 0 || typeof held.value === "string") return held;
    if (node && ["number", "bool"].includes(node.sort)) this.fail(`expected string; found ${written(node)}`);
    if (node?.sort === "nil") this.fail("cannot assign nil to string");
    if (held.value === undefined) return this.fail("invalid value; expected string");
    return this.fail(
      `wrong type for value; expected string; got ${held.value === null ? "interface {}" : typeName(held.value)}`,
    );
  }
}

function actionText(node: ActionNode | BranchNode): string {
  if (node.sort === "action") return `{{${written(node.pipe)}}}`;
  return `{{${node.sort} ${written(node.pipe)}}}`;
}
