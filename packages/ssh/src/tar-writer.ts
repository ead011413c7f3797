import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type FileOwner, MachinistError, type Uploaded, type UploadedFile } from "@machinist/core";

const BLOCK = 512;
/** Bytes of a name, or of where a link leads, that a header has place for. */
const FIELD = 100;

/**
 * A tar stream of local files and links. Long names use GNU's records: busybox's tar reads these, but not pax headers.
 * Throws `ssh.upload` for what is no plain file, or changes its size on the way.
 */
export async function* tarOf(files: Iterable<readonly [name: string, what: Uploaded]>): AsyncGenerator<Buffer> {
  for (const [name, what] of files)
    if (typeof what !== "string" && "target" in what) yield* linkEntry(name, what.target);
    else yield* fileEntry(name, typeof what === "string" ? { path: what } : what);
  yield Buffer.alloc(2 * BLOCK);
}

async function* fileEntry(name: string, { path, content, owner }: UploadedFile): AsyncGenerator<Buffer> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new MachinistError("ssh.upload", `${path} cannot be read`, {
      cause,
      hint: "Check that it exists and who may read it: ls -l",
    });
  });
  if (!info.isFile())
    throw new MachinistError("ssh.upload", `${path} is not a plain file`, {
      hint: "Devices, sockets and pipes are not copied",
    });
  const instead = content === undefined ? undefined : Buffer.from(content);
  const size = instead?.length ?? info.size;
  const bytes = Buffer.from(name);
  yield* longRecord("L", bytes);
  yield header({ name: bytes, size, mode: info.mode & 0o777, seconds: info.mtimeMs / 1000, type: "0", owner });
  if (size === 0) return;
  let sent = 0;
  // A log that grows meanwhile is sent as long as it was.
  for await (const chunk of instead === undefined ? createReadStream(path, { end: size - 1 }) : [instead]) {
    sent += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
  if (sent !== size)
    throw new MachinistError("ssh.upload", `${path} became shorter while it was copied`, {
      hint: "Copy it when nothing writes to it any more",
    });
  if (sent % BLOCK !== 0) yield Buffer.alloc(BLOCK - (sent % BLOCK));
}

function* linkEntry(name: string, target: string): Generator<Buffer> {
  const [bytes, link] = [Buffer.from(name), Buffer.from(target)];
  yield* longRecord("K", link);
  yield* longRecord("L", bytes);
  yield header({ name: bytes, size: 0, mode: 0o777, seconds: 0, type: "2", link });
}

/** What does not fit its field of a header goes before it. */
function* longRecord(type: "K" | "L", bytes: Buffer): Generator<Buffer> {
  if (bytes.length <= FIELD) return;
  yield header({ name: Buffer.from("././@LongLink"), size: bytes.length + 1, mode: 0o644, seconds: 0, type });
  yield padded(Buffer.concat([bytes, Buffer.alloc(1)]));
}

interface Header {
  readonly name: Buffer;
  readonly size: number;
  readonly mode: number;
  readonly seconds: number;
  readonly type: string;
  readonly link?: Buffer;
  readonly owner?: FileOwner | undefined;
}

function header({ name, size, mode, seconds, type, link, owner }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  name.subarray(0, FIELD).copy(block, 0);
  block.write(octal(mode, 7), 100);
  number(block, owner?.uid ?? 0, 108, 8);
  number(block, owner?.gid ?? 0, 116, 8);
  number(block, size, 124, 12);
  block.write(octal(Math.max(0, Math.floor(seconds)), 11), 136);
  block.write("        ", 148);
  block.write(type, 156);
  link?.subarray(0, FIELD).copy(block, 157);
  block.write("ustar  \0", 257);
  // A name goes before the number, and is another user's on another host.
  if (owner === undefined) {
    block.write("root", 265);
    block.write("root", 297);
  }
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

/** A number in a field: octal digits where they fit it, else GNU's binary form. */
function number(block: Buffer, value: number, at: number, width: 8 | 12): void {
  const digits = octal(value, width - 1);
  if (digits.length < width) return void block.write(digits, at);
  block.writeUIntBE(value, at + width - 6, 6);
  block.writeUInt8(0x80, at);
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % BLOCK;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(BLOCK - rest)]);
}
