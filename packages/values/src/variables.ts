/** The value of a variable, or undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** The same symbol in every copy of this package. */
const mark: unique symbol = Symbol.for("@machinist/values.variable");

/** Why variables could not be put in; becomes a problem with a place. */
export class VariableFailure extends Error {
  readonly hint: string | undefined;
  constructor(sentence: string, hint?: string) {
    super(sentence);
    this.hint = hint;
  }

  get [mark](): true {
    return true;
  }
}

export const isVariableFailure = (thrown: unknown): thrown is VariableFailure =>
  thrown instanceof Error && mark in thrown;

/** What a text may hold. Omitted: nothing doubtful, as in a manifest. */
export interface Leniency {
  /** What a variable is that is not set and has no default. */
  readonly unset?: (name: string) => string;
  /** A `$` that begins no variable stands for itself. */
  readonly loneDollar?: boolean;
}

const deepest = 8;
const plainName = /[A-Za-z_][A-Za-z0-9_]*/y;
const expression = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])(.*))?$/s;

/**
 * Put variables in as compose does: `$NAME`, `${NAME}`, `${NAME:-default}` (unset or empty), `${NAME-default}` (unset),
 * `${NAME:?message}`, `${NAME?message}`, `${NAME:+other}`, `${NAME+other}`, and `$$` for a dollar sign. Defaults may hold
 * variables. A variable that is not set and has no default is a {@link VariableFailure}, unless
 * `rules` say otherwise; so is a `$` that begins no variable.
 */
export function substitute(text: string, lookup: Lookup, rules: Leniency = {}, depth = 0): string {
  if (depth > deepest) throw new VariableFailure(`variables are nested more than ${deepest} levels deep`);
  let result = "";
  let position = 0;
  for (let dollar = text.indexOf("$"); dollar >= 0; dollar = text.indexOf("$", position)) {
    result += text.slice(position, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      result += "$";
      position = dollar + 2;
    } else if (next === "{") {
      const end = closing(text, dollar + 2);
      result += evaluate(text.slice(dollar + 2, end), lookup, rules, depth);
      position = end + 1;
    } else {
      plainName.lastIndex = dollar + 1;
      const name = plainName.exec(text)?.[0];
      if (name === undefined && !rules.loneDollar)
        throw new VariableFailure("a `$` must begin a variable", "Write $$ for a dollar sign.");
      result += name === undefined ? "$" : (lookup(name) ?? (rules.unset ?? refused)(name));
      position = dollar + 1 + (name?.length ?? 0);
    }
  }
  return result + text.slice(position);
}

function closing(text: string, from: number): number {
  let open = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === "$" && text[index + 1] === "{") open++;
    else if (text[index] === "}" && --open === 0) return index;
  }
  throw new VariableFailure("a `${` has no closing `}`", "Write $$ for a dollar sign.");
}

function evaluate(inside: string, lookup: Lookup, rules: Leniency, depth: number): string {
  const [, name, operator, rest = ""] = expression.exec(inside) ?? [];
  if (name === undefined)
    throw new VariableFailure(`\${${inside.slice(0, 40)}} is not a variable`, "Write ${NAME} or ${NAME:-default}.");
  if (operator === undefined) return lookup(name) ?? (rules.unset ?? refused)(name);
  const value = lookup(name);
  const there = operator.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
  if (operator.endsWith("+")) return there ? substitute(rest, lookup, rules, depth + 1) : "";
  if (there) return value ?? "";
  if (operator.endsWith("-")) return substitute(rest, lookup, rules, depth + 1);
  const message = substitute(rest, lookup, rules, depth + 1);
  throw new VariableFailure(`the variable ${name} is required${message === "" ? "" : `: ${message}`}`, setting(name));
}

function refused(name: string): never {
  throw new VariableFailure(`the variable ${name} is not set`, literal(name));
}

const setting = (name: string): string =>
  `Set ${name} in the environment or in a .env file beside the manifest, or write \${${name}:-default}.`;

const literal = (name: string): string =>
  `${setting(name)} Write $$${name} where a program is to read $${name} itself.`;
