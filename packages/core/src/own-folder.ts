import { access, constants, mkdir, stat } from "node:fs/promises";

/**
 * A folder that this user owns and nobody else may write to, made where it is missing; undefined where it cannot be had.
 * What others could put there would be trusted.
 */
export async function ownFolder(path: string): Promise<string | undefined> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { uid, mode } = await stat(path);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    await access(path, constants.W_OK);
    return path;
  } catch {
    return undefined;
  }
}
