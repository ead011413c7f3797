import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { MachinistError } from "@machinist/core";
import { parseChecksum } from "./checksum.ts";
import { recipeOf } from "./debian-recipe.ts";

/** Which disk image is wanted. */
export interface ImageSource {
  /**
   * An https URL, the absolute path of a disk image, or `debian:RELEASE`: a disk that is built here from Debian packages
   * and boots by itself (BIOS).
   */
  readonly from: string;
  /** `sha256:HEX`, `sha512:HEX`, or the URL of a SHA256SUMS or SHA512SUMS file. Default for a URL: the one beside it. */
  readonly checksum?: string;
  /** Further Debian packages of a disk that is built here. */
  readonly packages?: readonly string[];
  /** The apt mirror that a disk is built from. Default: Debian's own. */
  readonly mirror?: string;
}

/** An image that is whole and verified. Never write to it: machines' disks stand on it. */
export interface CachedImage {
  readonly path: string;
  readonly bytes: number;
  readonly format: "qcow2" | "raw";
  /** `sha256:HEX` or `sha512:HEX` of the file. */
  readonly digest: string;
}

/** What work on an image is told. */
export interface ImageCall {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total?: number, unit?: string) => void;
  readonly log: (message: string) => void;
}

export type Origin =
  | { readonly type: "url"; readonly url: URL }
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "debian"; readonly release: string };

/** Releases whose packages make a disk that this package has seen boot. */
export const debianReleases = ["trixie", "bookworm"] as const;

/** Where an image comes from. Throws `images.source`, `images.insecure`. */
export function originOf(source: ImageSource): Origin {
  const { from } = source;
  if (from.startsWith("debian:")) {
    const release = from.slice("debian:".length);
    if (!(debianReleases as readonly string[]).includes(release))
      throw new MachinistError("images.source", `No disk can be built for ${JSON.stringify(from)}`, {
        hint: `There are ${debianReleases.map((each) => `debian:${each}`).join(" and ")}`,
      });
    checkPackages(source.packages ?? []);
    return { type: "debian", release };
  }
  if (isAbsolute(from)) return { type: "file", path: from };
  return { type: "url", url: secureUrl(from) };
}

/** http is good enough only where nobody else can listen or answer. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Throws `images.source` for what is no URL, `images.insecure` for one that anybody on the way could answer. */
export function secureUrl(text: string, base?: URL): URL {
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    throw new MachinistError("images.source", `${JSON.stringify(shown(text))} is no image`, {
      hint: "Give an https URL, the absolute path of a disk image, or debian:trixie",
    });
  }
  if (url.username !== "" || url.password !== "")
    throw new MachinistError("images.source", `The URL of an image on ${url.host} has a password in it`, {
      hint: "It would be kept with the machine: download the file yourself and give its path",
    });
  if (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname))) return url;
  const told = `${url.protocol}//${url.host}`;
  throw new MachinistError("images.insecure", `Images are fetched by https only, not from ${told}`, {
    hint: "Give an https URL, or download the file yourself and give its path",
  });
}

/** A source as errors name it: what follows a URL's path may be a token. */
export const shown = (from: string): string => from.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//");

function checkPackages(packages: readonly string[]): void {
  for (const name of packages)
    if (!/^[a-z0-9][a-z0-9+.-]*$/.test(name))
      throw new MachinistError("images.source", `${JSON.stringify(name)} is not the name of a Debian package`, {
        hint: "Give names as apt knows them, for example docker.io",
      });
}

/**
 * The name of the folder that an image has in the cache: another source, another name, so that what machines stand on is
 * never changed. A file is another one when it was written to.
 */
export async function cacheName(source: ImageSource, origin: Origin): Promise<string> {
  if (source.checksum !== undefined) parseChecksum(source.checksum);
  if (origin.type === "debian") return named(`debian-${origin.release}`, recipeOf(origin.release, source));
  if (origin.type === "url") return named(origin.url.pathname, [origin.url.href, source.checksum ?? ""]);
  const { size, mtimeMs } = await fileAt(origin.path);
  return named(origin.path, [origin.path, size, mtimeMs]);
}

function named(path: string, identity: unknown): string {
  const last = path.slice(path.lastIndexOf("/") + 1).replace(/\.(qcow2|img|raw)$/, "");
  const readable =
    last
      .replace(/[^A-Za-z0-9.-]+/g, "-")
      .replace(/^[.-]+/, "")
      .slice(0, 40) || "image";
  return `${readable}-${createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 12)}`;
}

/** Throws `images.missing` for a file that is not there, or cannot be looked at. */
export async function fileAt(path: string): Promise<{ size: number; mtimeMs: number }> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new MachinistError("images.missing", `The image ${path} cannot be read (${cause.code})`, {
      cause,
      hint: "Check the path and who may read it",
    });
  });
  if (found.isFile()) return found;
  throw new MachinistError("images.missing", `The image ${path} is not a file`, {
    hint: "Give the path of a disk image in qcow2 or raw format",
  });
}
