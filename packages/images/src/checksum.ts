import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { MachinistError } from "@machinist/core";

export type Algorithm = "sha256" | "sha512";

/** The digest of a file, said outright, or the list that names it. */
export type Checksum =
  | { readonly algorithm: Algorithm; readonly hex: string }
  | { readonly algorithm: Algorithm; readonly list: string };

const DIGITS = { sha256: 64, sha512: 128 } as const;

/** Reads the option `checksum`. Throws `images.checksum-form`. */
export function parseChecksum(text: string): Checksum {
  const said = /^(?:(sha256|sha512):)?([0-9a-f]+)$/i.exec(text.trim());
  if (said) {
    const hex = (said[2] ?? "").toLowerCase();
    const algorithm = (said[1]?.toLowerCase() ?? (hex.length === DIGITS.sha512 ? "sha512" : "sha256")) as Algorithm;
    if (hex.length === DIGITS[algorithm]) return { algorithm, hex };
  }
  const list = /^https?:\/\/\S*?(sha256|sha512)[^/]*$/i.exec(text.trim());
  if (list) return { algorithm: (list[1] ?? "").toLowerCase() as Algorithm, list: text.trim() };
  throw new MachinistError("images.checksum-form", `${JSON.stringify(text)} is not a checksum`, {
    hint: "Give sha256: or sha512: and the digits, or the URL of a SHA256SUMS or SHA512SUMS file",
  });
}

/**
 * The digest that a SHA256SUMS file has for a name: lines of GNU coreutils (`HEX  NAME`, `HEX *NAME`) or of BSD
 * (`SHA256 (NAME) = HEX`). Undefined where it does not name it.
 */
export function digestIn(list: string, name: string, algorithm: Algorithm): string | undefined {
  for (const line of list.split(/\r?\n/)) {
    const gnu = /^([0-9a-fA-F]+) [ *](.+)$/.exec(line);
    const bsd = /^SHA\d+ \((.+)\) = ([0-9a-fA-F]+)$/.exec(line);
    const [file, hex] = gnu ? [gnu[2], gnu[1]] : [bsd?.[1], bsd?.[2]];
    if (file?.replace(/^\.\//, "") === name && hex?.length === DIGITS[algorithm]) return hex.toLowerCase();
  }
  return undefined;
}

export async function digestOf(
  path: string,
  algorithm: Algorithm,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest("hex");
}

export function mismatch(what: string, expected: string, found: string): MachinistError {
  return new MachinistError(
    "images.checksum",
    `${what} is not the file that was expected: its digest is ${found.slice(0, 16)}…, not ${expected.slice(0, 16)}…`,
    { hint: "Check the image and its checksum; what was fetched has been removed" },
  );
}
