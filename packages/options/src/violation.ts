import type { Json, OptionSchema } from "@machinist/core";
import { foreignMatches } from "./foreign-pattern.ts";

/** The keywords by which a single value is judged; an {@link OptionSchema} has them all. */
export type Limits = Pick<OptionSchema, "enum" | "pattern" | "minimum" | "maximum" | "x-foreign"> & {
  readonly minLength?: number;
  readonly maxLength?: number;
  /** What a value that matches `pattern` looks like, in words. */
  readonly "x-pattern"?: string;
};

/** A value as shown in a message: quoted where it is text, cut where it is long. */
export function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? "nothing");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Words joined as in a sentence: `a, b or c`. */
export function either(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}

/** What is wrong with one string or number, as the end of "X must …"; undefined where nothing is. */
export function limitBroken(limits: Limits, value: Json): string | undefined {
  if (limits.enum !== undefined && !(typeof value === "string" && limits.enum.includes(value)))
    return `be ${either(limits.enum.map((word) => JSON.stringify(word)))}`;
  if (typeof value === "string") return textBroken(limits, value);
  if (typeof value === "number") return numberBroken(limits, value);
  return undefined;
}

function textBroken(limits: Limits, value: string): string | undefined {
  if (limits.minLength !== undefined && value.length < limits.minLength)
    return limits.minLength === 1 ? "not be empty" : `have at least ${limits.minLength} characters`;
  if (limits.maxLength !== undefined && value.length > limits.maxLength)
    return `have at most ${limits.maxLength} characters`;
  if (limits.pattern !== undefined && !matches(limits, limits.pattern, value))
    return limits["x-pattern"] === undefined ? `match ${limits.pattern}` : `be ${limits["x-pattern"]}`;
  return undefined;
}

const matches = ({ "x-foreign": isForeign }: Limits, pattern: string, value: string): boolean =>
  isForeign ? foreignMatches(pattern, value) : new RegExp(pattern, "u").test(value);

function numberBroken({ minimum, maximum }: Limits, value: number): string | undefined {
  const low = minimum !== undefined && value < minimum;
  const high = maximum !== undefined && value > maximum;
  if (!low && !high) return undefined;
  if (minimum !== undefined && maximum !== undefined) return `be from ${minimum} to ${maximum}`;
  return low ? `be at least ${minimum}` : `be at most ${maximum}`;
}
