import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type Carried, type CarriedFile, unreadable } from "./collect-context.ts";
import type { ContentHashes } from "./content-cache.ts";

/**
 * What was carried, or is to be, in a few words that differ where it does: `f SHA256 MODE OWNER`, `d MODE OWNER`,
 * `l SHA256` (of where a link leads). Owners are numbers; one's own is `-`, as it is another for each who works with
 * the same files.
 */
export type Fingerprint = string;

/** `content`: what is sent instead of a file's own. `hashes`: of what is known from an earlier look. */
export async function fingerprintOf(
  carried: Carried,
  { content, hashes }: { readonly content?: string | undefined; readonly hashes?: ContentHashes | undefined } = {},
): Promise<Fingerprint> {
  if (carried.type === "link") return `l ${sha256(carried.target)}`;
  const kept = `${carried.mode.toString(8)} ${ownerOf(carried)}`;
  if (carried.type === "folder") return `d ${kept}`;
  return `f ${content === undefined ? await contentOf(carried, hashes) : sha256(content)} ${kept}`;
}

/** The SHA-256 of a file's content or a link's target; undefined for a folder. */
export function contentIn(fingerprint: Fingerprint): string | undefined {
  const [type, hash] = fingerprint.split(" ");
  return type === "d" ? undefined : hash;
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function contentOf({ path, seen }: CarriedFile, hashes: ContentHashes | undefined): Promise<string> {
  const read = () => sha256OfFile(path);
  return seen === undefined || hashes === undefined ? read() : hashes.of(path, seen, read);
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  } catch (cause) {
    throw unreadable(path, { at: "compose" }, cause);
  }
  return hash.digest("hex");
}

function ownerOf({ uid, gid }: { readonly uid: number; readonly gid: number }): string {
  const own = uid === process.getuid?.() && gid === process.getgid?.();
  return own ? "-" : `${uid}:${gid}`;
}
