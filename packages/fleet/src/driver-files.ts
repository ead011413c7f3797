import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";

/** What a driver without a package may be called: also a file's name. */
const driverName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A few lines about each of some drivers. One file for each: two processes that write one each are not in each other's way. */
export class DriverFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Of a store that cannot be read there are none: whoever looks at it is told why by what matters more. */
  async names(): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => [] as string[]);
    return files.filter((file) => driverName.test(file));
  }

  /** Undefined where there are none. Throws `driver.folder` where they cannot be read: machines may depend on them. */
  async lines(name: string): Promise<string[] | undefined> {
    if (!driverName.test(name)) return undefined;
    try {
      return (await readFile(join(this.#folder, name), "utf8")).trim().split("\n");
    } catch (thrown) {
      const { code, path } = thrown as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw new MachinistError("driver.folder", `${path ?? this.#folder} cannot be read: ${code}`, {
        cause: thrown,
        hint: "It tells what a driver is and may have: repair it, or remove it and add the driver again",
      });
    }
  }

  async keep(name: string, lines: readonly string[]): Promise<void> {
    if ((await this.lines(name))?.join() === lines.join()) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeAtomic(join(this.#folder, name), `${lines.join("\n")}\n`);
  }

  /** False where there is none of this name. */
  async forget(name: string): Promise<boolean> {
    if ((await this.lines(name)) === undefined) return false;
    await rm(join(this.#folder, name), { force: true });
    return true;
  }
}
