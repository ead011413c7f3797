import type { Link } from "./link.ts";
import { demand } from "./remote-script.ts";

export interface WriteOptions {
  readonly mode?: number;
  readonly sudo?: boolean;
  readonly signal?: AbortSignal;
}

/** $1 path, $2 mode, $3 size: a stream cut off on the way must not become the file. */
const WRITE = `set -eu
case $1 in
  */*) folder=\${1%/*}/ ;;
  *) folder=./ ;;
esac
if [ -d "$1" ]; then echo "$1 is a folder" >&2; exit 1; fi
[ -d "$folder" ] || mkdir -p -- "$folder"
draft=$(mktemp "$folder.machinist.XXXXXX")
trap 'rm -f -- "$draft"' EXIT
trap 'exit 1' HUP INT TERM
cat > "$draft"
if [ "$(($(wc -c < "$draft")))" -ne "$3" ]; then echo 'the content arrived incomplete' >&2; exit 1; fi
chmod "$2" "$draft"
mv -f -- "$draft" "$1"`;

/** Writes a remote file whole, in one round trip. Throws `ssh.write`. */
export async function writeFile(
  link: Link,
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const mode = (options.mode ?? 0o644).toString(8);
  const target = path.startsWith("-") ? `./${path}` : path;
  await demand(link, WRITE, [target, mode, String(bytes.length)], "ssh.write", {
    what: `Writing ${path}`,
    stdin: bytes,
    sudo: options.sudo,
    signal: options.signal,
  });
}
