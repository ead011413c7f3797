import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { searchPath } from "../src/command.ts";

/** Why virtual machines cannot be had here, in a few words; undefined where they can. */
export function unavailable(...programs: readonly string[]): string | undefined {
  const folders = searchPath(process.env).split(delimiter);
  const missing = ["qemu-system-x86_64", "qemu-img", ...programs].filter(
    (program) => !folders.some((folder) => isThere(join(folder, program))),
  );
  return missing.length === 0 ? undefined : `missing programs: ${missing.join(", ")}`;
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
