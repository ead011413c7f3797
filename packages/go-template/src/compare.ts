import { printf } from "./printf.ts";
import { compareText, counted, isList, isMap, Struct, typeName, type Value } from "./values.ts";

type Basic = "bool" | "int" | "float" | "string";

function basicOf(value: Value): Basic | undefined {
  switch (typeof counted(value)) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float";
    case "string":
      return "string";
    default:
      return undefined;
  }
}

const isAbsent = (value: Value): boolean => value === undefined || value === null;

const isComparable = (value: Value): boolean =>
  !isMap(value) && !isList(value) && !(value instanceof Struct && !value.type.startsWith("*"));

/** Go's `eq`: whether the first is one of the others. Throws in Go's words for what cannot be compared. */
export function equal(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new Error("missing argument for comparison");
  const kind = basicOf(first);
  for (const other of others) {
    const otherKind = basicOf(other);
    if (kind !== otherKind) {
      if (!isAbsent(first) && !isAbsent(other)) throw new Error("incompatible types for comparison");
    } else if (kind !== undefined) {
      if (counted(first) === counted(other)) return true;
    } else if (isAbsent(first) || isAbsent(other)) {
      if (isAbsent(first) && isAbsent(other)) return true;
    } else {
      if (typeName(first) !== typeName(other))
        throw new Error(
          `non-comparable types ${printf("%s", [first])}: ${typeName(first)}, ${typeName(other)}: ${printf("%v", [other])}`,
        );
      if (!isComparable(other)) throw new Error(`non-comparable type ${printf("%s", [other])}: ${typeName(other)}`);
      if (first === other) return true;
    }
  }
  return false;
}

/** Below, at or above zero. */
export function compare(a: Value, b: Value): number {
  const [kind, other] = [basicOf(a), basicOf(b)];
  if (kind === undefined || other === undefined) throw new Error("invalid type for comparison");
  if (kind !== other) throw new Error("incompatible types for comparison");
  if (kind === "bool") throw new Error("invalid type for comparison");
  if (kind === "string") return compareText(a as string, b as string);
  const [one, two] = [counted(a), counted(b)] as [number, number];
  return one < two ? -1 : one > two ? 1 : 0;
}
