import { placeAt, type Source } from "./place.ts";
import type { Problems } from "./problem.ts";
import { type Lookup, substitute, VariableFailure } from "./variables.ts";

const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/s;
const escapes: { readonly [letter: string]: string } = { n: "\n", r: "\r", t: "\t" };

/**
 * The variables of a `.env` file: `NAME=value` lines, `#` comments, an optional `export`. Text in single quotes is taken as
 * it is; elsewhere variables are put in, which may come from `outer` or from lines above. Values stay on one line.
 */
export function readDotEnv(source: Source, outer: Lookup, problems: Problems): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const lookup: Lookup = (name) => outer(name) ?? found.get(name);
  let offset = 0;
  for (const line of source.text.split("\n")) {
    const place = placeAtLine(source, offset, line);
    offset += line.length + 1;
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    const [, name, value] = assignment.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      problems.add({ code: "manifest.env-file", sentence: "a line of this file must be NAME=value", place: place() });
      continue;
    }
    try {
      found.set(name, valueOfLine(value, lookup));
    } catch (error) {
      if (!(error instanceof VariableFailure)) throw error;
      problems.add({ code: "manifest.env-file", sentence: error.message, place: place(), hint: error.hint });
    }
  }
  return found;
}

/** Counted only where there is something to report. */
const placeAtLine = (source: Source, offset: number, line: string) => () =>
  placeAt(source, offset + (line.length - line.trimStart().length));

function valueOfLine(value: string, lookup: Lookup): string {
  const single = /^'([^']*)'\s*(?:#.*)?$/.exec(value);
  if (single !== null) return single[1]!;
  const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(value);
  if (double !== null) {
    const text = double[1]!.replace(
      /\\(.)/g,
      (_, letter: string) => escapes[letter] ?? (letter === "$" ? "$$" : letter),
    );
    return substitute(text, lookup);
  }
  if (/^["']/.test(value)) throw new VariableFailure("the quote is not closed on this line");
  return substitute(value.replace(/(^|\s+)#.*$/, "").trimEnd(), lookup);
}
