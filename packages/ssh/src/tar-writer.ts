import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { MachinistError } from "@machinist/core";

const BLOCK = 512;
/** Octal digits that fit the size field; larger files use GNU's binary form. */
const LARGEST_OCTAL = 0o77777777777;

/**
 * A tar stream of local files. Long names use GNU's records: busybox's tar reads these, but not pax headers. Throws
 * `ssh.upload` for what is no plain file, or changes its size on the way.
 */
export async function* tarOf(files: Iterable<readonly [name: string, local: string]>): AsyncGenerator<Buffer> {
  for (const [name, local] of files) yield* fileEntry(name, local);
  yield Buffer.alloc(2 * BLOCK);
}

async function* fileEntry(name: string, local: string): AsyncGenerator<Buffer> {
  const info = await stat(local).catch((cause: unknown) => {
    throw new MachinistError("ssh.upload", `${local} cannot be read`, { cause });
  });
  if (!info.isFile()) throw new MachinistError("ssh.upload", `${local} is not a plain file`);
  const bytes = Buffer.from(name);
  if (bytes.length > 100) {
    yield header("././@LongLink", bytes.length + 1, 0o644, 0, "L");
    yield padded(Buffer.concat([bytes, Buffer.alloc(1)]));
  }
  yield header(bytes.subarray(0, 100), info.size, info.mode & 0o777, info.mtimeMs / 1000, "0");
  if (info.size === 0) return;
  let sent = 0;
  // A log that grows meanwhile is sent as long as it was.
  for await (const chunk of createReadStream(local, { end: info.size - 1 })) {
    sent += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
  if (sent !== info.size) throw new MachinistError("ssh.upload", `${local} became shorter while it was copied`);
  if (sent % BLOCK !== 0) yield Buffer.alloc(BLOCK - (sent % BLOCK));
}

function header(name: string | Buffer, size: number, mode: number, seconds: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  if (size <= LARGEST_OCTAL) block.write(octal(size, 11), 124);
  else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write(octal(Math.max(0, Math.floor(seconds)), 11), 136);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar  \0", 257);
  block.write("root", 265);
  block.write("root", 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % BLOCK;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(BLOCK - rest)]);
}
