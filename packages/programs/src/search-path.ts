import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** Where programs are even if the caller's PATH leaves it out: sbin for system tools, and Homebrew's. */
const FOLDERS = [
  ...["/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"],
  ...["/usr/sbin", "/usr/bin", "/sbin", "/bin"],
];

/**
 * The caller's PATH, and the usual folders that it lacks. Its relative folders are left out: they lead to whatever folder one
 * happens to work in, and what lies there may be anybody's.
 */
export function searchPath(env: Env = process.env): string {
  const own = (env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return [...new Set([...own, ...(process.platform === "win32" ? [] : FOLDERS)])].join(delimiter);
}

/** The path of a program that could be run, by name; `places` are looked at after the {@link searchPath}. */
export function findProgram(name: string, env: Env = process.env, places: readonly string[] = []): string | undefined {
  const folders = [...searchPath(env).split(delimiter), ...places];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Whether there is a file at this path that this user may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
