import { open } from "node:fs/promises";
import { MachinistError } from "../error.ts";

/** Read by pieces of this size, so that a small file takes little memory and a pipe, which has no size, is read as well. */
const PIECE = 64 * 1024;

/**
 * A file, if it has no more than `most` bytes; not a byte more of it is read. Throws `file.too-large` with `what` the file is
 * and, beside that, what the file system throws.
 */
export async function readAtMost(path: string, most: number, what: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const found = await file.stat();
    if (found.isFile() && found.size > most) throw tooLarge(what, path, most);
    const pieces: Buffer[] = [];
    for (let total = 0; ; ) {
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(Math.min(PIECE, most + 1 - total)),
        0,
        null,
        null,
      );
      if (bytesRead === 0) return Buffer.concat(pieces, total);
      total += bytesRead;
      if (total > most) throw tooLarge(what, path, most);
      pieces.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

const tooLarge = (what: string, path: string, most: number): MachinistError =>
  new MachinistError(
    "file.too-large",
    `${what} ${path} is larger than ${most < 2 ** 20 ? `${most / 1024} KiB` : `${most / 2 ** 20} MiB`}`,
    {
      hint: "Look whether it is the file that you mean",
    },
  );
