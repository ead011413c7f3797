import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeError } from "./atomic-write.ts";

/**
 * The time, ms since 1970, that the disk of a folder gives to what is written now. On a network file system it is the
 * server's: the same for all computers that share the folder. Throws `store.write`.
 */
export async function diskTime(folder: string): Promise<number> {
  const path = join(folder, `.now.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(path, "wx", 0o600);
    try {
      return (await file.stat()).mtimeMs;
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  } catch (cause) {
    throw writeError(path, cause);
  }
}
