import type { Json, PropChange } from "@machinist/core";
import { oneLine } from "@machinist/terminal-text";
import type { Style } from "../style.ts";

/** One line of a difference: taken away, or added. */
interface Line {
  readonly sign: "-" | "+";
  readonly text: string;
}

/** Before and after of each prop as a small diff: what stays the same inside a list or a map is left out. Pure. */
export function diffLines(changes: readonly PropChange[], style: Style): string[] {
  return changes.flatMap((change) =>
    linesOf(change).map(({ sign, text }) => (sign === "-" ? style.red : style.green)(`${sign} ${text}`)),
  );
}

function linesOf({ prop, before, after, drift }: PropChange): Line[] {
  const old = before === undefined ? ["(another value)"] : leaves(before);
  const wanted = after === undefined ? [] : leaves(after);
  const lines = [...between("-", old, wanted, prop), ...between("+", wanted, old, prop)];
  if (lines.length > 0 || drift) return lines;
  // Equal as shown, and yet different: the order, or a secret in it.
  return whole("-", before, prop).concat(whole("+", after, prop));
}

const between = (sign: Line["sign"], these: readonly string[], others: readonly string[], prop: string): Line[] =>
  these
    .filter((leaf) => !others.includes(leaf))
    .map((leaf) => ({ sign, text: `${prop}${joint(leaf)}${oneLine(leaf)}` }));

const whole = (sign: Line["sign"], value: Json | undefined, prop: string): Line[] =>
  value === undefined || value === null ? [] : [{ sign, text: `${prop}: ${oneLine(words(value))}` }];

/** A path of keys goes on the name; a value stands after it. */
const joint = (leaf: string): string => (leaf.startsWith(".") ? "" : ": ");

/** The single values of a prop, those in maps with their path. */
function leaves(value: Json): string[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.map(words);
  if (typeof value !== "object") return [words(value)];
  return Object.entries(value).flatMap(([key, each]) => leaves(each).map((leaf) => `.${key}${joint(leaf)}${leaf}`));
}

const words = (value: Json): string => (typeof value === "string" ? value || '""' : JSON.stringify(value));
