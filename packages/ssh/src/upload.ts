import { posix } from "node:path";
import { MachinistError, type Uploaded } from "@machinist/core";
import type { Link } from "./link.ts";
import { demand } from "./remote-script.ts";
import { tarOf } from "./tar-writer.ts";

/**
 * $1: the folder, $2: how many files and links. All of them arrive beside their places before the first is put in it: a
 * connection that breaks off, or a disk that is full, leaves what was there. A link in the place of a folder is not
 * followed: whoever may write there, a container for one, could lead root anywhere.
 */
const UNPACK = `set -eu
mkdir -p -- "$1"
cd -- "$1"
draft=$(mktemp -d ./.machinist.XXXXXX)
trap 'rm -rf -- "$draft"' EXIT
trap 'exit 1' HUP INT TERM
(cd "$draft" && exec tar -x -f -)
arrived=$(find "$draft" ! -type d -exec sh -c 'for file; do echo; done' sh {} + | wc -l)
if [ "$((arrived))" -ne "$2" ]; then echo 'they arrived incomplete' >&2; exit 1; fi
cd "$draft"
find . ! -name . -type d -exec sh -euc '
  for folder; do
    if [ -L "../$folder" ]; then echo "\${folder#./} is a link there, where a folder should be" >&2; exit 1; fi
  done' sh {} +
find . ! -type d -exec sh -euc '
  for file; do
    if [ -d "../$file" ] && [ ! -L "../$file" ]; then echo "\${file#./} is a folder" >&2; exit 1; fi
  done
  for file; do
    mkdir -p -- "../\${file%/*}"
    if [ -L "../$file" ]; then rm -f -- "../$file"; fi
    mv -f -- "$file" "../$file"
  done' sh {} +
cd ..`;

/** Copies local files into a remote folder as one stream. Throws `ssh.upload`. */
export async function upload(
  link: Link,
  files: ReadonlyMap<string, Uploaded>,
  into: string,
  options: { readonly sudo?: boolean; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const entries = [...files].map(([name, uploaded]) => [inside(name), uploaded] as const);
  const what = `Copying ${entries.length === 1 ? "a file" : `${entries.length} files`} to ${into}`;
  await demand(link, UNPACK, [into, String(entries.length)], "ssh.upload", {
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
