import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isMachinistError, MachinistError } from "@machinist/core";
import { exec } from "./exec.ts";
import type { Link } from "./link.ts";
import { failed } from "./remote-script.ts";
import { unpack } from "./unpack.ts";

/** One byte says what follows: a tar stream of the folder, or the file itself. $1: the path. */
const SEND = `set -eu
if [ -d "$1" ]; then
  printf d
  cd -- "$1"
  exec tar -c -f - .
fi
exec 3< "$1"
printf f
exec cat <&3`;

/** Copies a remote file or folder to a local path. Throws `ssh.download`. */
export async function download(
  link: Link,
  remote: string,
  local: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const what = `Copying ${remote}`;
  const draft = `${local}.${randomBytes(6).toString("hex")}.tmp`;
  let isFile = false;
  try {
    const output = await exec(link, {
      argv: ["sh", "-c", SEND, "sh", remote],
      what,
      signal: options.signal,
      consume: async (stdout) => {
        const kind = await firstByte(stdout);
        if (kind === "d") return unpack(stdout, local);
        if (kind !== "f") return void stdout.resume(); // The program's own error follows.
        isFile = true;
        await mkdir(dirname(local), { recursive: true });
        await pipeline(stdout, createWriteStream(draft));
      },
    });
    if (output.code !== 0) throw failed(link, "ssh.download", what, output);
    if (isFile) await rename(draft, local);
  } catch (error) {
    throw localFailure(error, what, local);
  } finally {
    if (isFile) await rm(draft, { force: true });
  }
}

function localFailure(error: unknown, what: string, local: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (isMachinistError(error) || typeof code !== "string" || !code.startsWith("E")) return error;
  return new MachinistError("ssh.download", `${what} to ${local} failed here: ${(error as Error).message}`, {
    cause: error,
  });
}

/** Takes one byte from a stream and leaves the rest; undefined where there is none. */
function firstByte(stream: Readable): Promise<string | undefined> {
  return new Promise((resolve) => {
    const finish = (value: string | undefined) => {
      stream.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
      resolve(value);
    };
    const onReadable = () => {
      const chunk = stream.read(1) as Buffer | null;
      if (chunk !== null) finish(chunk.toString("latin1"));
    };
    const onEnd = () => finish(undefined);
    // A program that wrote nothing may have ended before anybody listened.
    if (stream.readableEnded || stream.closed) return resolve(undefined);
    stream.on("readable", onReadable).once("end", onEnd).once("close", onEnd);
  });
}
