import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";

/** What a driver in an image may be called: also a file's name. */
const driverName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The images that a store's machines were made with, each by the name that its driver has. */
export class DriverImages {
  /** One file for each: two processes that remember one each are not in each other's way. */
  readonly #folder: string;
  readonly #used = new Map<string, string>();

  /** `folder`: where the store has what belongs to drivers. */
  constructor(folder: string) {
    this.#folder = join(folder, "images");
  }

  /** In this process a driver's name now means this image; `keep` has the store remember it. */
  use(name: string, image: string): void {
    this.#used.set(name, image);
  }

  async imageOf(name: string): Promise<string | undefined> {
    return this.#used.get(name) ?? (await this.saved(name));
  }

  /** Of a store that cannot be read there are none: whoever looks at it is told why by what matters more. */
  async names(): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => [] as string[]);
    return files.filter((file) => driverName.test(file));
  }

  /** Throws `driver.folder` where it cannot be read: machines may depend on it. */
  async saved(name: string): Promise<string | undefined> {
    if (!driverName.test(name)) return undefined;
    try {
      return (await readFile(join(this.#folder, name), "utf8")).trim();
    } catch (thrown) {
      const { code, path } = thrown as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw new MachinistError("driver.folder", `${path ?? this.#folder} cannot be read: ${code}`, {
        cause: thrown,
        hint: "It names the image of a driver: mend it, or remove it and name the image again with -d OWNER/IMAGE",
      });
    }
  }

  /** Remember the image of this driver, where it is one: before the first machine that needs it. */
  async keep(name: string): Promise<void> {
    const image = this.#used.get(name);
    if (image === undefined || (await this.saved(name)) === image) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeAtomic(join(this.#folder, name), `${image}\n`);
  }

  /** False where there is none of this name. */
  async forget(name: string): Promise<boolean> {
    this.#used.delete(name);
    if ((await this.saved(name)) === undefined) return false;
    await rm(join(this.#folder, name), { force: true });
    return true;
  }
}
