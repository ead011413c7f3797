import { open } from "node:fs/promises";
import { MachinistError } from "@machinist/core";

/** What the header of a VDI file says. `size` in MiB. */
export type DiskHeader = { uuid: string; size: number };

/**
 * Look at a disk without asking VirtualBox, which opens none whose base it does not know. The header is laid out in
 * VirtualBox's VDICore.h: size in bytes at 0x170, UUID at 0x188. Undefined where there is no file.
 */
export async function readHeader(path: string): Promise<DiskHeader | undefined> {
  const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw new MachinistError("virtualbox.disk", `The disk ${path} cannot be read (${cause.code})`, {
      cause,
      hint: "Check who may read it",
    });
  });
  if (!file) return undefined;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(512), 0, 512, 0).finally(() => file.close());
  if (bytesRead === 512 && buffer.readUInt32LE(0x40) === 0xbeda107f)
    return {
      uuid: guid(buffer.subarray(0x188, 0x198)),
      size: Math.floor(Number(buffer.readBigUInt64LE(0x170)) / 2 ** 20),
    };
  throw new MachinistError("virtualbox.disk", `${path} is not a disk any more`, {
    hint: "Restore the file, or remove the machine: machinist rm -f NAME",
  });
}

/** As VirtualBox writes UUIDs: the first three numbers are little-endian. */
function guid(bytes: Buffer): string {
  const number = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).reverse().toString("hex");
  return [number(0, 4), number(4, 6), number(6, 8), bytes.toString("hex", 8, 10), bytes.toString("hex", 10)].join("-");
}

export const tooSmall = (size: number, least: number): MachinistError =>
  new MachinistError("virtualbox.disk-size", `A disk of ${size} MB cannot hold what is ${least} MB already`, {
    hint: `Ask for at least ${least}: --virtualbox-disk-size ${least}`,
  });
