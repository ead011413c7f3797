import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { MachinistError } from "@machinist/core";
import { usage } from "../usage.ts";

/** A file that was not there before, or may be written over. Throws `usage.exists`, `init.write`. */
export async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: force ? "w" : "wx" });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST" && !force)
      throw usage("exists", `${path} is there already`, "Write another with -f FILE, or over it with --force.");
    throw new MachinistError("init.write", `${path} cannot be written: ${message}`, {
      cause,
      hint: "Choose another place with -f FILE",
    });
  }
}
