import type { Functions } from "./functions.ts";
import { isList, Numeral, Struct, sortedKeys, type Value } from "./values.ts";

/** JSON as Go's encoder writes it: keys sorted, what HTML would take for markup escaped. `indent`: spaces per level. */
export function goJson(value: Value, indent = 0): string {
  return encoded(value, indent, "");
}

/** Not JSON.stringify: in an object of JavaScript, keys that look like numbers come first. */
function encoded(value: Value, indent: number, margin: string): string {
  if (value === undefined) return "null";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof Numeral) return String(value.number);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = margin + " ".repeat(indent);
  const block = (open: string, parts: readonly string[], close: string) => {
    if (parts.length === 0) return open + close;
    return indent === 0
      ? `${open}${parts.join(",")}${close}`
      : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${margin}${close}`;
  };
  const colon = indent === 0 ? ":" : ": ";
  const entry = ([key, each]: readonly [string, Value]) => `${quoted(key)}${colon}${encoded(each, indent, inner)}`;
  if (isList(value))
    return block(
      "[",
      value.map((each) => encoded(each, indent, inner)),
      "]",
    );
  if (value instanceof Struct) return value.fields ? block("{", [...value.fields].map(entry), "}") : "null";
  return block(
    "{",
    sortedKeys(value).map((key) => entry([key, value[key]])),
    "}",
  );
}

const quoted = (text: string): string =>
  JSON.stringify(text)
    .replace(/[<>&\u2028\u2029]/g, escaped)
    .replace(/\\[bf]/g, (found) => (found === "\\b" ? "\\u0008" : "\\u000c"));

const escaped = (found: string): string => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** What docker-machine's `inspect` knows beside Go's own functions. */
export const jsonFunctions: Functions = {
  json: { fixed: 1, variadic: false, call: ([value]) => goJson(value) },
  prettyjson: { fixed: 1, variadic: false, call: ([value]) => goJson(value, 4) },
};
