import { createHash } from "node:crypto";
import { canonical, type Json } from "@machinist/core";

/** SHA-256 of a text, hexadecimal. */
export const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** The digest of a JSON value, the same in whatever order its keys stand. */
export const digestOf = (value: Json): string => sha256(canonical(value)).slice(0, 32);
