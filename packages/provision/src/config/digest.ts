import { createHash } from "node:crypto";
import type { Json } from "@machinist/core";

/** SHA-256 of a text, hexadecimal. */
export const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** The digest of a JSON value, the same in whatever order its keys stand. */
export const digestOf = (value: Json): string => sha256(JSON.stringify(ordered(value))).slice(0, 32);

/** Whether two JSON values say the same. */
export const same = (a: Json, b: Json): boolean => JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, ordered(value[key]!)]));
}
