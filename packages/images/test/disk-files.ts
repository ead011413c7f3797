import { createHash } from "node:crypto";

/** A qcow2 of version 3 with one cluster of data (64 KiB), as long as it must be. */
export function qcow2(fill = 0x41): Buffer {
  const cluster = 0x10000;
  const file = Buffer.alloc(5 * cluster, 0);
  file.write("QFI\xfb", "latin1");
  file.writeUInt32BE(3, 4);
  file.writeUInt32BE(16, 20); // cluster bits
  file.writeBigUInt64BE(BigInt(16 * 2 ** 20), 24); // virtual size
  file.writeUInt32BE(1, 36); // entries of the first table
  file.writeBigUInt64BE(BigInt(cluster * 2), 40); // where it is
  file.writeBigUInt64BE(BigInt(cluster), 48); // reference counts
  file.writeBigUInt64BE(BigInt(cluster * 3) | (1n << 63n), cluster * 2);
  file.writeBigUInt64BE(BigInt(cluster * 4) | (1n << 63n), cluster * 3);
  file.fill(fill, cluster * 4);
  return file;
}

export function rawDisk(bytes = 4096): Buffer {
  const file = Buffer.alloc(bytes);
  file.writeUInt16LE(0xaa55, 510);
  return file;
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
