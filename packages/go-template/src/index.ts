import { Execution } from "./execute.ts";
import { TemplateError } from "./failure.ts";
import { builtins, type Functions } from "./functions.ts";
import { parseTemplate } from "./parse.ts";
import type { Value } from "./values.ts";

export { TemplateError } from "./failure.ts";
export type { Func, Functions } from "./functions.ts";
export { goJson, jsonFunctions } from "./json.ts";
export { type Fields, Numeral, Struct, type Value } from "./values.ts";

/** A template that was read. */
export interface Template {
  /** Throws a {@link TemplateError} with Go's message. */
  execute(value: Value): string;
}

/** Read a template of Go's text/template. `name` is what its errors call it. Throws a {@link TemplateError} with Go's message. */
export function compile(name: string, text: string, options: { readonly functions?: Functions } = {}): Template {
  const functions = options.functions ?? {};
  const known = new Set([...Object.keys(builtins), ...Object.keys(functions)]);
  const templates = withinStack(name, () => parseTemplate(name, text, known));
  return {
    execute: (value) =>
      withinStack(name, () => {
        const out: string[] = [];
        new Execution({ name, text, templates, functions }, name, { value }, out).run({ value });
        return out.join("");
      }),
  };
}

/** What is nested so deeply that the stack is too small for it was written by no person. */
function withinStack<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new TemplateError(`template: ${name}: nested too deeply`);
    throw thrown;
  }
}
