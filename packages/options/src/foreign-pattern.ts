import { createRequire } from "node:module";

type Re2 = typeof import("re2js");

/**
 * Loaded when a pattern of another program is met, and not before: JavaScript's own expressions do for ours, and with them a
 * pattern such as `^(a+)+$` can take longer than anyone waits.
 */
const re2 = (): Re2["RE2JS"] => (createRequire(import.meta.url)("re2js") as Re2).RE2JS;

/** Longer ones are no description of a value. */
const MOST_PATTERN = 1000;

/** What is wrong with a pattern of another program, as the end of "its pattern …"; undefined where nothing is. */
export function foreignPatternProblem(pattern: string): string | undefined {
  if (pattern.length > MOST_PATTERN) return `has more than ${MOST_PATTERN} characters`;
  try {
    re2().compile(pattern);
    return undefined;
  } catch (thrown) {
    return `is none of RE2's syntax: ${(thrown as Error).message}`;
  }
}

/** Whether a value matches, anywhere in it, a pattern in which {@link foreignPatternProblem} finds nothing wrong. */
export const foreignMatches = (pattern: string, value: string): boolean => re2().compile(pattern).matcher(value).find();
