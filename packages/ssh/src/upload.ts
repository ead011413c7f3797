import { posix } from "node:path";
import { MachinistError } from "@machinist/core";
import type { Link } from "./link.ts";
import { demand } from "./remote-script.ts";
import { tarOf } from "./tar-writer.ts";

/** $1: the folder. Owners are whoever unpacks. */
const UNPACK = 'set -eu\nmkdir -p -- "$1"\ncd -- "$1"\nexec tar -x -o -f -';

/** Copies local files into a remote folder as one stream. Throws `ssh.upload`. */
export async function upload(
  link: Link,
  files: ReadonlyMap<string, string>,
  into: string,
  options: { readonly sudo?: boolean; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const entries = [...files].map(([name, local]) => [inside(name), local] as const);
  const what = `Copying ${entries.length === 1 ? "a file" : `${entries.length} files`} to ${into}`;
  await demand(link, UNPACK, [into], "ssh.upload", {
    what,
    stdin: tarOf(entries),
    sudo: options.sudo,
    signal: options.signal,
  });
}

function inside(name: string): string {
  const path = posix.normalize(name);
  if (path === "." || path === ".." || path.startsWith("../") || path.startsWith("/") || /[\0]|\/$/.test(path))
    throw new MachinistError("ssh.upload", `"${name}" does not name a file inside the folder it is copied to`);
  return path;
}
