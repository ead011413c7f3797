import { isList, Numeral, Struct, sortedKeys, type Value } from "./values.ts";

/** A value as Go's `%v` has it. */
export function plain(value: Value): string {
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return floatText(value);
    default:
      if (value === null || value === undefined) return "<nil>";
      if (isList(value)) return `[${value.map(plain).join(" ")}]`;
      if (value instanceof Struct) return structText(value, plain);
      if (value instanceof Numeral) return value.text;
      return `map[${sortedKeys(value)
        .map((key) => `${key}:${plain(value[key])}`)
        .join(" ")}]`;
  }
}

export function structText({ type, fields }: Struct, each: (value: Value) => string): string {
  if (fields === undefined) return "<nil>";
  return `${type.startsWith("*") ? "&" : ""}{${[...fields.values()].map(each).join(" ")}}`;
}

/** `%v` of a float64: the shortest that is exact, with an exponent below 1e-4 and from a million on. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 6)) return `${digits}e${signed(power)}`;
  return Object.is(value, -0) ? "-0" : expanded(value);
}

/** Go gives an exponent two digits at least. */
export const signed = (power: number): string => `${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;

/** Without an exponent, however small. */
function expanded(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  return value.toFixed(Math.max(0, digits.replace(/^-?\d\.?/, "").length - Number(exponent)));
}

/** What fmt.Sprint makes of several: a space stands between two where neither is a string. */
export function sprint(values: readonly Value[]): string {
  return values
    .map((value, index) => {
      const before = values[index - 1];
      const spaced = index > 0 && typeof value !== "string" && typeof before !== "string";
      return `${spaced ? " " : ""}${plain(value)}`;
    })
    .join("");
}
