import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";

/** A disk that boots and does nothing (`cli`, `hlt`, and again), with `megabytes` of something on it. */
export async function haltingDisk(path: string, megabytes = 1): Promise<string> {
  const boot = Buffer.concat([Buffer.from("faf4ebfd", "hex"), Buffer.alloc(506), Buffer.from("55aa", "hex")]);
  await writeFile(path, Buffer.concat([boot, randomBytes(2 ** 20 * megabytes)]));
  return path;
}
