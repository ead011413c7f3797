import { createHash } from "node:crypto";
import type { Json } from "./contract/data.ts";

/** A JSON value as text, the same in whatever order its keys stand. */
export const canonical = (value: Json): string => JSON.stringify(ordered(value));

/** SHA-256 of a JSON value, hexadecimal, the same in whatever order its keys stand. */
export const digest = (value: Json): string => createHash("sha256").update(canonical(value)).digest("hex");

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, ordered(value[key]!)]));
}
