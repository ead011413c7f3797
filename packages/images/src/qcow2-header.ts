import { MachinistError } from "@machinist/core";

/** What a qcow2 says of itself in its header (docs/interop/qcow2.rst in QEMU). */
export interface Qcow2Header {
  readonly clusterBits: number;
  /** Size of the disk as a machine sees it. */
  readonly virtualBytes: number;
  /** The table of tables: how many entries, and where. */
  readonly entries: number;
  readonly tables: number;
  readonly refcounts: number;
  /** Of an entry in a table: 8, or 16 with a map of the cluster's parts. */
  readonly entryBytes: 8 | 16;
}

export const isQcow2 = (head: Buffer): boolean => head.toString("latin1", 0, 4) === "QFI\xfb";

/** As long as a cluster can be: all that is said before the tables lies in the first. */
export const longestHeader = 2 ** 21;

/**
 * Features without which a reader understands the disk wrongly, by their bits. What is not here is refused: it may let the
 * disk of a machine be another file of this computer, as external data (bit 2) does.
 */
const understood = { dirty: 0, damaged: 1, compression: 3, extendedL2: 4 } as const;

/** Types of header extensions that lead out of the file, or need a key. All others may be left alone by who does not know them. */
const externalData = 0x4441_5441;
const encryption = 0x0537_be77;

/**
 * Read the header, of which `head` is the whole first cluster or all of the file. Throws `images.format` for what stands on
 * other files, is encrypted, or asks for what is not understood here. `what` names it in errors.
 */
export function qcow2Header(head: Buffer, what: string): Qcow2Header | undefined {
  const version = head.readUInt32BE(4);
  const clusterBits = head.readUInt32BE(20);
  if ((version !== 2 && version !== 3) || clusterBits < 9 || clusterBits > 21) return undefined;
  if (head.readBigUInt64BE(8) !== 0n || head.readUInt32BE(16) !== 0) throw standsOnAnother(what);
  if (head.readUInt32BE(32) !== 0) throw encrypted(what);
  const features = version === 3 && head.length >= 80 ? head.readBigUInt64BE(72) : 0n;
  const has = (bit: number) => (features & (1n << BigInt(bit))) !== 0n;
  if (has(2)) throw standsOnAnother(what);
  if (has(understood.damaged)) throw damaged(what);
  if (features & ~Object.values(understood).reduce((all, bit) => all | (1n << BigInt(bit)), 0n)) throw unknown(what);
  // QEMU itself takes no shorter header of version 3.
  const length = version === 2 ? 72 : Math.max(104, head.length >= 104 ? head.readUInt32BE(100) : 0);
  const types = extensionsIn(head.subarray(0, 1 << clusterBits), length);
  if (types === undefined) return undefined;
  if (types.includes(externalData)) throw standsOnAnother(what);
  if (types.includes(encryption)) throw encrypted(what);
  return {
    clusterBits,
    virtualBytes: Number(head.readBigUInt64BE(24)),
    entries: head.readUInt32BE(36),
    tables: Number(head.readBigUInt64BE(40)),
    refcounts: Number(head.readBigUInt64BE(48)),
    entryBytes: has(understood.extendedL2) ? 16 : 8,
  };
}

/** Type, length, then as many bytes, filled up to eight; ended by type 0. Undefined where they do not fit into the cluster. */
function extensionsIn(cluster: Buffer, start: number): number[] | undefined {
  const types: number[] = [];
  for (let at = start; ; ) {
    if (at + 8 > cluster.length) return at === cluster.length ? types : undefined;
    const type = cluster.readUInt32BE(at);
    if (type === 0) return types;
    types.push(type);
    at += 8 + Math.ceil(cluster.readUInt32BE(at + 4) / 8) * 8;
  }
}

const refusal = (what: string, sentence: string, hint: string) =>
  new MachinistError("images.format", `${what} ${sentence}`, { hint });

const standsOnAnother = (what: string) =>
  refusal(
    what,
    "stands on another file, which a machine could read in this way",
    "If you know that file, make the two one: qemu-img convert -O qcow2 FILE disk.qcow2",
  );

const encrypted = (what: string) =>
  refusal(what, "is encrypted", "Decrypt it: qemu-img convert --object secret,id=key,… FILE disk.qcow2");

const damaged = (what: string) =>
  refusal(what, "is marked as damaged", "Fetch it again, or repair a copy of it: qemu-img check -r all FILE");

const unknown = (what: string) =>
  refusal(what, "has a feature that is not known here", "Make it plain: qemu-img convert -O qcow2 FILE disk.qcow2");
