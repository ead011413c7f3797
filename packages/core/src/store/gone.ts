import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { installationIdPattern } from "../record.ts";

/** Where a store is, as somebody else may keep it who wants to know later whether it is still there. */
export interface StorePlace {
  readonly path: string;
  /** The number of the file system that it is on. */
  readonly device: number;
}

/** The place of a store that is there. */
export async function storePlace(path: string): Promise<StorePlace> {
  return { path: resolve(path), device: (await stat(path)).dev };
}

/**
 * Whether the store of that mark is there no more: another one is in its place, or nothing is on the same file system. One
 * that cannot be looked at, on a disk that is not mounted for example, is not gone.
 */
export async function storeGone({ path, device }: StorePlace, mark: string): Promise<boolean> {
  const text = await readFile(join(path, "mark"), "utf8").catch(absent);
  if (text !== undefined) return installationIdPattern.test(text.trim()) && text.trim() !== mark;
  if (await stat(path).then(() => true, absent)) return false;
  return (await deviceOf(dirname(path))) === device;
}

/** Of the nearest folder above that is there. */
async function deviceOf(folder: string): Promise<number | undefined> {
  const found = await stat(folder).catch(absent);
  if (found) return found.dev;
  return folder === dirname(folder) ? undefined : deviceOf(dirname(folder));
}

function absent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw cause;
}
