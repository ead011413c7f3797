/** Bytes of a sector: everything on a disc begins at one. */
export const SECTOR = 2048;

export interface IsoFile {
  /** As the primary volume has it: `D_CHARS.;1` (ECMA-119, 7.5). */
  readonly shortName: string;
  /** As the Joliet volume has it, which is what systems show. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** One of the two views of the disc: the old names, or Joliet's. */
interface View {
  readonly joliet: boolean;
  readonly rootSector: number;
  readonly littlePaths: number;
  readonly bigPaths: number;
}

const PRIMARY: View = { joliet: false, littlePaths: 19, bigPaths: 20, rootSector: 23 };
const JOLIET: View = { joliet: true, littlePaths: 21, bigPaths: 22, rootSector: 24 };
const FIRST_FILE = 25;

/**
 * A disc image with a few files in its root: ISO 9660 with the Joliet extension (UCS-2 names), which Linux, the BSDs and
 * Windows read. The same files give the same bytes: its one date is the year 2000.
 */
export function isoImage(volume: string, files: readonly IsoFile[]): Uint8Array {
  const sorted = [...files].sort((one, other) => (one.shortName < other.shortName ? -1 : 1));
  const placed: Placed[] = [];
  let next = FIRST_FILE;
  for (const file of sorted) {
    placed.push({ file, sector: next });
    next += Math.max(1, Math.ceil(file.content.length / SECTOR));
  }
  const image = Buffer.alloc(next * SECTOR);
  const put = (sector: number, bytes: Uint8Array) => image.set(bytes, sector * SECTOR);
  put(16, volumeDescriptor(PRIMARY, volume, next));
  put(17, volumeDescriptor(JOLIET, volume, next));
  put(18, Buffer.from("\xffCD001\x01", "latin1"));
  for (const view of [PRIMARY, JOLIET]) {
    put(view.littlePaths, pathTable(view, "LE"));
    put(view.bigPaths, pathTable(view, "BE"));
    put(view.rootSector, rootFolder(view, placed));
  }
  for (const { file, sector } of placed) put(sector, file.content);
  return image;
}

interface Placed {
  readonly file: IsoFile;
  readonly sector: number;
}

/** Volume descriptor: primary (ECMA-119, 8.4), or Joliet's supplementary one (8.5, escape sequence of UCS-2 level 3). */
function volumeDescriptor(view: View, volume: string, sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write(view.joliet ? "\x02CD001\x01" : "\x01CD001\x01", 0, "latin1");
  const text = (value: string, at: number, length: number) => padded(view, value, length).copy(bytes, at);
  text("", 8, 32);
  text(volume, 40, 32);
  both32(bytes, sectors, 80);
  if (view.joliet) bytes.write("%/E", 88, "latin1");
  both16(bytes, 1, 120); // Volumes in this set,
  both16(bytes, 1, 124); // and which of them this is.
  both16(bytes, SECTOR, 128);
  both32(bytes, PATH_TABLE_SIZE, 132);
  bytes.writeUInt32LE(view.littlePaths, 140);
  bytes.writeUInt32BE(view.bigPaths, 148);
  record("\0", view.rootSector, SECTOR, true).copy(bytes, 156);
  for (const at of [190, 318, 446, 574]) text("", at, 128);
  text("", 702, 37);
  text("", 739, 37);
  text("", 776, 37);
  for (const at of [813, 830]) bytes.write("2000010100000000", at, "latin1");
  for (const at of [847, 864]) bytes.write("0000000000000000", at, "latin1");
  bytes[881] = 1;
  return bytes;
}

function padded(view: View, value: string, length: number): Buffer {
  if (!view.joliet) return Buffer.from(value.padEnd(length), "latin1");
  const even = Buffer.alloc(length); // A field of odd length ends with a zero.
  ucs2(value.padEnd(length >> 1)).copy(even);
  return even;
}

const ucs2 = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

/** The root alone (9.4). */
const PATH_TABLE_SIZE = 10;

function pathTable(view: View, order: "LE" | "BE"): Buffer {
  const bytes = Buffer.alloc(PATH_TABLE_SIZE);
  bytes[0] = 1;
  if (order === "LE") bytes.writeUInt32LE(view.rootSector, 2);
  else bytes.writeUInt32BE(view.rootSector, 2);
  if (order === "LE") bytes.writeUInt16LE(1, 6);
  else bytes.writeUInt16BE(1, 6);
  return bytes;
}

function rootFolder(view: View, placed: readonly Placed[]): Buffer {
  const entries = placed.map(({ file, sector }) =>
    record(view.joliet ? ucs2(file.name) : file.shortName, sector, file.content.length, false),
  );
  const self = (name: string) => record(name, view.rootSector, SECTOR, true);
  return Buffer.concat([self("\0"), self("\x01"), ...entries]);
}

/** A directory record (9.1). */
function record(name: string | Buffer, sector: number, size: number, folder: boolean): Buffer {
  const id = typeof name === "string" ? Buffer.from(name, "latin1") : name;
  const bytes = Buffer.alloc(33 + id.length + ((33 + id.length) % 2));
  bytes[0] = bytes.length;
  both32(bytes, sector, 2);
  both32(bytes, size, 10);
  Buffer.from([100, 1, 1, 0, 0, 0, 0]).copy(bytes, 18); // 2000-01-01 00:00:00 UTC
  bytes[25] = folder ? 2 : 0;
  both16(bytes, 1, 28);
  bytes[32] = id.length;
  id.copy(bytes, 33);
  return bytes;
}

/** Numbers are there twice, in both byte orders (7.3.3). */
function both32(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value, at);
  bytes.writeUInt32BE(value, at + 4);
}

function both16(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt16LE(value, at);
  bytes.writeUInt16BE(value, at + 2);
}
