import { type FileHandle, open } from "node:fs/promises";
import { MachinistError } from "@machinist/core";

export interface DiskFormat {
  readonly format: "qcow2" | "raw";
  /** Size of the disk as a machine sees it. */
  readonly virtualBytes: number;
}

/** What a file holds that is no disk image for us, by its first bytes. */
const OTHERS: readonly (readonly [magic: Buffer, name: string, hint: string])[] = [
  [Buffer.from([0x1f, 0x8b]), "compressed by gzip", "Decompress it: gunzip FILE"],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), "compressed by xz", "Decompress it: unxz FILE"],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), "compressed by zstd", "Decompress it: unzstd FILE"],
  [Buffer.from("BZh"), "compressed by bzip2", "Decompress it: bunzip2 FILE"],
  [Buffer.from("KDMV"), "a VMDK disk", "Convert it: qemu-img convert -O qcow2 FILE disk.qcow2"],
  [Buffer.from("vhdxfile"), "a VHDX disk", "Convert it: qemu-img convert -O qcow2 FILE disk.qcow2"],
  [Buffer.from("<<< "), "a VDI disk", "Convert it: qemu-img convert -O qcow2 FILE disk.qcow2"],
];

/**
 * Look at a disk image: its format, and whether all of it is there. Throws `images.format` for what is none and
 * `images.truncated` where the end is missing. `what` names it in errors.
 */
export async function inspectDisk(path: string, what = path): Promise<DiskFormat> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = await readAt(file, 0, 512);
    if (head.subarray(0, 4).equals(Buffer.from("QFI\xfb", "latin1"))) return await inspectQcow2(file, head, size, what);
    const other = OTHERS.find(([magic]) => head.subarray(0, magic.length).equals(magic));
    if (other) throw new MachinistError("images.format", `${what} is ${other[1]}`, { hint: other[2] });
    // The mark at the end of the first sector that every bootable disk has, GPT's too.
    if (head.length < 512 || head.readUInt16LE(510) !== 0xaa55) throw notDisk(what);
    if (size % 512 !== 0) throw truncated(what);
    return { format: "raw", virtualBytes: size };
  } finally {
    await file.close();
  }
}

const notDisk = (what: string) =>
  new MachinistError("images.format", `${what} is no disk that can be booted`, {
    hint: "Give a disk image in qcow2 or raw format, such as the distributions' cloud images",
  });

const truncated = (what: string) =>
  new MachinistError("images.truncated", `${what} is cut short: its end is missing`, {
    hint: "Fetch it again, and compare it with its checksum",
  });

/** Bits 9 to 55 of a table entry are an offset in the file. */
const OFFSET = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;

/** Follow the tables (docs/interop/qcow2.rst in QEMU) to the last cluster in use: it must lie within the file. */
async function inspectQcow2(file: FileHandle, head: Buffer, size: number, what: string): Promise<DiskFormat> {
  if (head.length < 72) throw truncated(what);
  const version = head.readUInt32BE(4);
  const clusterBits = head.readUInt32BE(20);
  if ((version !== 2 && version !== 3) || clusterBits < 9 || clusterBits > 21) throw notDisk(what);
  if (head.readBigUInt64BE(8) !== 0n)
    throw new MachinistError("images.format", `${what} stands on another file`, {
      hint: "Make it one: qemu-img convert -O qcow2 FILE disk.qcow2",
    });
  const cluster = 1 << clusterBits;
  const entries = head.readUInt32BE(36);
  const level1 = Number(head.readBigUInt64BE(40));
  if (level1 + entries * 8 > size || Number(head.readBigUInt64BE(48)) >= size) throw truncated(what);
  const tables = offsetsIn(await readAt(file, level1, entries * 8)).map((entry) => Number(entry & OFFSET));
  for (const at of tables) {
    if (at === 0) continue;
    if (at + cluster > size) throw truncated(what);
    for (const entry of offsetsIn(await readAt(file, at, cluster)))
      if (endOf(entry, clusterBits) > size) throw truncated(what);
  }
  return { format: "qcow2", virtualBytes: Number(head.readBigUInt64BE(24)) };
}

/** Where the cluster of an entry ends at least; the last one of a file may be written in part. */
function endOf(entry: bigint, clusterBits: number): number {
  if ((entry & COMPRESSED) === 0n) return (entry & OFFSET) === 0n ? 0 : Number(entry & OFFSET) + 1;
  const offsetBits = BigInt(62 - (clusterBits - 8));
  return Number(entry & ((1n << offsetBits) - 1n)) + 1;
}

const offsetsIn = (table: Buffer): bigint[] =>
  Array.from({ length: Math.floor(table.length / 8) }, (_, index) => table.readBigUInt64BE(index * 8));

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
