/** A file that was read. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  /** As shown to the user: relative where that is shorter to read. */
  readonly name: string;
  /** Decoded, without a byte order mark. */
  readonly text: string;
}

/** Where something is written. Lines and columns count from 1. */
export interface SourceLocation {
  readonly source: Source;
  readonly line: number;
  readonly column: number;
}

/** `file:line:column`. */
export const placeName = ({ source, line, column }: SourceLocation): string => `${source.name}:${line}:${column}`;

const widest = 120;

/** A word of a line: quoted, or up to what ends one in YAML, JSON, TOML and .env alike. */
const word = /"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s{}[\],:=#"']+(?:[:=#]+(?=[^\s,}\]])[^\s{}[\],:=#"']*)*/g;

/**
 * A line without its values, each as wide as it was: any of them may be a secret. Keys stay, which are words with a colon
 * behind them, or in files that have it so an equals sign.
 */
function withoutValues(line: string, hasEquals: boolean): string {
  const isName = (found: string) => !hasEquals || /^(?:[A-Za-z_][\w.-]*|"[^"]*")$/.test(found);
  const behindKey = hasEquals ? /^\s*=(?!=|$)/ : /^\s*:(?=\s|$)/;
  const joined = hasEquals ? /^[A-Za-z_]\w*(?==(?!=|$))/ : undefined;
  return line.replace(word, (found, at: number) => {
    const rest = line.slice(at + found.length);
    if ((isName(found) && behindKey.test(rest)) || found === "-" || (found === "export" && at === 0)) return found;
    const key = joined?.exec(found)?.[0] ?? "";
    return key + "·".repeat(found.length - key.length);
  });
}

/** The line of a place with a caret under the column; long lines are cut around it, control characters blanked. */
export function excerpt({ source, line, column }: SourceLocation): string {
  const text = nthLine(source.text, line).replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, " ");
  const whole = withoutValues(text, !/\.(ya?ml|json)$/i.test(source.path));
  const from = Math.max(0, Math.min(column - 1 - widest / 2, whole.length - widest));
  const shown = whole.slice(from, from + widest);
  if (shown.trim() === "") return "";
  const number = String(line);
  const caret = " ".repeat(Math.max(0, column - 1 - from));
  return `  ${number} | ${shown.trimEnd()}\n  ${" ".repeat(number.length)} | ${caret}^`;
}

function nthLine(text: string, line: number): string {
  let start = 0;
  for (let current = 1; current < line; current++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return "";
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end);
}

/** The place of an offset in a text. */
export function placeAt(source: Source, offset: number): SourceLocation {
  const before = source.text.slice(0, Math.max(0, offset));
  const line = before.split("\n").length;
  return { source, line, column: before.length - before.lastIndexOf("\n") };
}
