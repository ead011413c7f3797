import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";

/** What a driver in an image may be called: also a file's name. */
const driverName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * The images that a store's machines were made with, each by the name that its driver has: the first line of a file of that name.
 * The others are variables that the user lets it have though they are not named after it.
 */
export class DriverImages {
  /** One file for each: two processes that remember one each are not in each other's way. */
  readonly #folder: string;
  readonly #used = new Map<string, string>();
  readonly #agreed = new Map<string, readonly string[]>();

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
    return (await this.#lines(name))?.[0];
  }

  /** The variables of other programs that the driver in an image may have; by default the one that the name means. */
  async variables(name: string, image = this.#used.get(name)): Promise<readonly string[]> {
    const agreed = image === undefined ? undefined : this.#agreed.get(image);
    return agreed ?? (await this.#lines(name))?.slice(1) ?? [];
  }

  /** From now on, and with the next `keep` for good, this image may have these variables. No other may. */
  agree(image: string, variables: readonly string[]): void {
    this.#agreed.set(image, [...variables]);
  }

  async #lines(name: string): Promise<string[] | undefined> {
    if (!driverName.test(name)) return undefined;
    try {
      return (await readFile(join(this.#folder, name), "utf8")).trim().split("\n");
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
    const lines = image === undefined ? [] : [image, ...(await this.variables(name))];
    if (image === undefined || (await this.#lines(name))?.join() === lines.join()) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeAtomic(join(this.#folder, name), `${lines.join("\n")}\n`);
  }

  /** False where there is none of this name. */
  async forget(name: string): Promise<boolean> {
    this.#used.delete(name);
    if ((await this.saved(name)) === undefined) return false;
    await rm(join(this.#folder, name), { force: true });
    return true;
  }
}
