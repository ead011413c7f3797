import type { Json, OptionSchema } from "@machinist/core";
import { limitBroken, shown } from "./violation.ts";

const words: { readonly [type in OptionSchema["type"]]: string } = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list of words",
};

/** A sentence on what is wrong with an option's value, or undefined. `name` is how the option is called in it. */
export function checkOption(name: string, schema: OptionSchema, value: Json): string | undefined {
  if (!hasType(schema.type, value)) {
    const quote = schema.type === "string" && ["number", "boolean"].includes(typeof value);
    return `${name} must be ${words[schema.type]}, not ${shown(value)}${quote ? " (put it in quotes)" : ""}`;
  }
  if (!Array.isArray(value)) {
    const broken = limitBroken(schema, value);
    return broken === undefined ? undefined : `${name} must ${broken}, not ${shown(value)}`;
  }
  const foreign = schema["x-foreign"] ? { "x-foreign": true as const } : {};
  for (const item of value) {
    if (typeof item !== "string") return `${name} must be ${words.array}, but ${shown(item)} is none`;
    const wrong = schema.items && limitBroken({ ...schema.items, ...foreign }, item);
    if (wrong !== undefined) return `${name}: each must ${wrong}, not ${shown(item)}`;
  }
  return undefined;
}

function hasType(type: OptionSchema["type"], value: Json): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return typeof value === type;
}
