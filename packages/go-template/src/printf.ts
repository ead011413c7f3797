import { plain, structText } from "./print.ts";
import { float, integer } from "./printf-number.ts";
import { goQuote } from "./quote.ts";
import { padded, type Style } from "./style.ts";
import { counted, isList, isMap, Numeral, Struct, sortedKeys, typeName, type Value } from "./values.ts";

/** fmt.Sprintf, for the values that templates have. What fits no verb is told in the text, as Go does. */
export function printf(format: string, args: readonly Value[]): string {
  let out = "";
  let next = 0;
  let reordered = false;
  const pattern = /([+\-# 0]*)(\[(\d+)\])?(\*|\d+)?(?:(\.)(\[(\d+)\])?(\*|\d+)?)?(\[(\d+)\])?([\s\S])?/uy;
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf("%", at);
    if (percent < 0) return out + format.slice(at) + extra(args, next, reordered);
    out += format.slice(at, percent);
    pattern.lastIndex = percent + 1;
    const read = pattern.exec(format)!;
    at = pattern.lastIndex;
    const [, flags = "", , widthIndex, widthText, dot, , precisionIndex, precisionText, , valueIndex, verb] = read;
    let chosen = false;
    const jump = (index: string | undefined) => {
      if (index === undefined) return;
      chosen = true;
      next = Number(index) - 1;
      reordered = true;
    };
    jump(widthText === undefined ? (dot === undefined ? widthIndex : undefined) : widthIndex);
    const starred = (text: string | undefined) =>
      text === "*" ? counted(args[next++]) : text === undefined ? undefined : BigInt(text);
    const width = starred(widthText);
    if (widthText === "*" && typeof width !== "bigint") out += "%!(BADWIDTH)";
    jump(precisionIndex);
    const precision = dot === undefined ? undefined : (starred(precisionText) ?? 0n);
    if (precisionText === "*" && typeof precision !== "bigint") out += "%!(BADPREC)";
    jump(valueIndex);
    if (verb === undefined) return `${out}%!(NOVERB)${extra(args, next, reordered)}`;
    if (verb === "%") {
      out += "%";
      continue;
    }
    if (next >= args.length || next < 0) {
      out += chosen ? `%!${verb}(BADINDEX)` : `%!${verb}(MISSING)`;
      continue;
    }
    const negative = typeof width === "bigint" && width < 0n;
    const style: Style = {
      verb,
      plus: flags.includes("+"),
      minus: flags.includes("-") || negative,
      sharp: flags.includes("#"),
      space: flags.includes(" "),
      zero: flags.includes("0") && !flags.includes("-") && !negative,
      width: typeof width === "bigint" ? Number(negative ? -width : width) : undefined,
      precision: typeof precision === "bigint" && precision >= 0n ? Number(precision) : undefined,
    };
    out += directive(args[next++], style);
  }
  return out + extra(args, next, reordered);
}

function extra(args: readonly Value[], next: number, reordered: boolean): string {
  if (reordered || next >= args.length) return "";
  const rest = args
    .slice(next)
    .map((arg) => (arg === undefined || arg === null ? "<nil>" : `${typeName(arg)}=${plain(arg)}`));
  return `%!(EXTRA ${rest.join(", ")})`;
}

function directive(value: Value, style: Style): string {
  const { verb } = style;
  if (value === undefined || value === null) {
    if (verb === "T" || verb === "v") return padded("<nil>", style);
    return bad(value, style);
  }
  if (verb === "T") return padded(typeName(value), style);
  if (isList(value)) return listText(value, style);
  if (value instanceof Struct) return structText(value, (each) => directive(each, { ...style, width: undefined }));
  if (isMap(value)) return mapText(value, style);
  // Its String method is asked for what strings can be shown as; `%#v` is for Go's own notation.
  if (value instanceof Numeral) {
    if ("vsxXq".includes(verb) && !(verb === "v" && style.sharp)) return text(value.text, style);
    return integer(value.number, style) ?? `%!${verb}(${value.type}=${value.number})`;
  }
  switch (typeof value) {
    case "boolean":
      return verb === "t" || verb === "v" ? padded(String(value), style) : bad(value, style);
    case "bigint":
      return integer(value, style) ?? bad(value, style);
    case "number":
      return float(value, style) ?? bad(value, style);
    default:
      return text(value as string, style);
  }
}

/** What does not fit its verb is told of, set as it was to be set. */
const bad = (value: Value, style: Style): string =>
  value === undefined || value === null
    ? `%!${style.verb}(<nil>)`
    : `%!${style.verb}(${typeName(value)}=${directive(value, { ...style, verb: "v" })})`;

function listText(values: readonly Value[], style: Style): string {
  if (style.verb === "v" && style.sharp)
    return `[]interface {}{${values.map((each) => nested(each, style)).join(", ")}}`;
  return `[${values.map((each) => nested(each, style)).join(" ")}]`;
}

function mapText(map: { readonly [key: string]: Value }, style: Style): string {
  const entries = sortedKeys(map).map((key) => `${nested(key, style)}:${nested(map[key], style)}`);
  if (style.verb === "v" && style.sharp) return `map[string]interface {}{${entries.join(", ")}}`;
  return `map[${entries.join(" ")}]`;
}

/** An element that is nil is told as such, whatever the verb. */
function nested(value: Value, style: Style): string {
  if (value !== null && value !== undefined) return directive(value, style);
  return style.verb === "v" && style.sharp ? "interface {}(nil)" : "<nil>";
}

function text(value: string, style: Style): string {
  const { verb, precision, plus, sharp } = style;
  const cut = precision === undefined ? value : [...value].slice(0, precision).join("");
  switch (verb) {
    case "v":
      return padded(sharp ? goQuote(cut, false) : cut, style);
    case "s":
      return padded(cut, style);
    case "q":
      return padded(
        sharp && !/[`\p{Cc}\uFEFF]/u.test(cut.replaceAll("\t", "")) ? `\`${cut}\`` : goQuote(cut, plus),
        style,
      );
    case "x":
    case "X":
      return padded(hex(value, style), style);
    default:
      return bad(value, style);
  }
}

function hex(value: string, { verb, space, sharp, precision }: Style): string {
  const bytes = [...Buffer.from(value)].slice(0, precision ?? Number.POSITIVE_INFINITY);
  const pairs = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
  const prefix = sharp && pairs.length > 0 ? "0x" : "";
  const shown = space ? pairs.map((pair) => prefix + pair).join(" ") : prefix + pairs.join("");
  return verb === "X" ? shown.toUpperCase() : shown;
}
