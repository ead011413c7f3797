import { randomBytes } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isMachinistError, MachinistError } from "../error.ts";

/** Files being written are named so; a writer that was killed may leave one behind. */
export const isTemporary = (name: string): boolean => name.startsWith(".") && name.endsWith(".tmp");

/**
 * Put a file in place whole: temporary file, fsync, rename, fsync of the folder. After a crash at any point there is the
 * old content or the new, never a mixture. Throws `store.write`.
 */
export async function writeAtomic(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw writeError(path, cause);
  }
}

/** Put a file in place, whole and durably, unless one is there. Whether it was put there. Throws `store.write`. */
export async function writeOnce(path: string, content: string, mode = 0o600): Promise<boolean> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeAtomic(temporary, content, mode);
    await link(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw isMachinistError(cause) ? cause : writeError(path, cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** Make renames and removals in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function writeError(path: string, cause: unknown): MachinistError {
  const code = (cause as NodeJS.ErrnoException).code;
  const why: Record<string, [string, string]> = {
    ENOSPC: ["there is no space left on the disk", "Free some space, then run the same command again"],
    EDQUOT: ["the disk quota is used up", "Free some space, then run the same command again"],
    EACCES: ["permission is denied", "Check who owns the folder, or choose another with --storage-path"],
    EPERM: ["permission is denied", "Check who owns the folder, or choose another with --storage-path"],
    ENOTDIR: ["a part of its path is a file", "Choose another folder with --storage-path"],
    EEXIST: ["a file is where a folder should be", "Move it away, or choose another folder with --storage-path"],
    EROFS: ["the file system is read-only", "Choose another folder with --storage-path"],
  };
  const [reason, hint] = (code && why[code]) || [code ?? String(cause), undefined];
  return new MachinistError("store.write", `Could not write ${path}: ${reason}`, { cause, ...(hint ? { hint } : {}) });
}
