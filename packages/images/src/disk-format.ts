import { type FileHandle, open } from "node:fs/promises";
import { MachinistError } from "@machinist/core";
import { isQcow2, longestHeader, type Qcow2Header, qcow2Header } from "./qcow2-header.ts";

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
  // Some of these may stand on other files, or name them: none is taken, and none is read as a raw disk.
  ...(
    [
      ["KDMV", "VMDK"],
      ["COWD", "VMDK"],
      ["# Disk DescriptorFile", "VMDK"],
      ["vhdxfile", "VHDX"],
      ["conectix", "VHD"],
      ["<<< ", "VDI"],
      ["QED\0", "QED"],
      ["WithoutFreeSpace", "Parallels"],
      ["WithouFreSpacExt", "Parallels"],
    ] as const
  ).map(
    ([magic, name]) =>
      [Buffer.from(magic), `a ${name} disk`, "Convert it: qemu-img convert -O qcow2 FILE disk.qcow2"] as const,
  ),
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
    if (isQcow2(head)) {
      const header = await headerOf(file, what);
      await followTables(file, header, size, what);
      return { format: "qcow2", virtualBytes: header.virtualBytes };
    }
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

/** The same look at a disk's header alone, for one whose end was seen before. */
export async function inspectHeader(path: string, what = path): Promise<void> {
  const file = await open(path, "r");
  try {
    if (isQcow2(await readAt(file, 0, 4))) await headerOf(file, what);
  } finally {
    await file.close();
  }
}

async function headerOf(file: FileHandle, what: string): Promise<Qcow2Header> {
  const head = await readAt(file, 0, longestHeader);
  if (head.length < 72) throw truncated(what);
  const header = qcow2Header(head, what);
  if (header) return header;
  throw notDisk(what);
}

const notDisk = (what: string) =>
  new MachinistError("images.format", `${what} is no disk that can be booted`, {
    hint: "Give a disk image in qcow2 or raw format, such as the distributions' cloud images",
  });

const truncated = (what: string) =>
  new MachinistError("images.truncated", `${what} is truncated: its end is missing`, {
    hint: "Fetch it again, and compare it with its checksum",
  });

/** Bits 9 to 55 of a table entry are an offset in the file. */
const OFFSET = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;

/** Follow the tables to the last cluster in use: it must lie within the file. */
async function followTables(file: FileHandle, header: Qcow2Header, size: number, what: string): Promise<void> {
  const { clusterBits, entries, tables: level1, refcounts, entryBytes } = header;
  const cluster = 1 << clusterBits;
  if (level1 + entries * 8 > size || refcounts >= size) throw truncated(what);
  const tables = entriesIn(await readAt(file, level1, entries * 8), 8).map((entry) => Number(entry & OFFSET));
  for (const at of tables) {
    if (at === 0) continue;
    if (at + cluster > size) throw truncated(what);
    for (const entry of entriesIn(await readAt(file, at, cluster), entryBytes))
      if (endOf(entry, clusterBits) > size) throw truncated(what);
  }
}

/** Where the cluster of an entry ends at least; the last one of a file may be written in part. */
function endOf(entry: bigint, clusterBits: number): number {
  if ((entry & COMPRESSED) === 0n) return (entry & OFFSET) === 0n ? 0 : Number(entry & OFFSET) + 1;
  const offsetBits = BigInt(62 - (clusterBits - 8));
  return Number(entry & ((1n << offsetBits) - 1n)) + 1;
}

/** What the parts of a cluster are, in the second half of a longer entry, is no offset. */
const entriesIn = (table: Buffer, bytes: number): bigint[] =>
  Array.from({ length: Math.floor(table.length / bytes) }, (_, index) => table.readBigUInt64BE(index * bytes));

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
