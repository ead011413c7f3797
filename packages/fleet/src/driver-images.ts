import { join } from "node:path";
import { DriverFiles } from "./driver-files.ts";

/**
 * The images that a store's machines were made with, each by the name that its driver has: the first line of a file of that name.
 * The others are variables that the user lets it have though they are not named after it.
 */
export class DriverImages {
  readonly #files: DriverFiles;
  readonly #used = new Map<string, string>();
  readonly #agreed = new Map<string, readonly string[]>();

  /** `folder`: where the store has what belongs to drivers. */
  constructor(folder: string) {
    this.#files = new DriverFiles(join(folder, "images"));
  }

  /** In this process a driver's name now means this image; `keep` has the store remember it. */
  use(name: string, image: string): void {
    this.#used.set(name, image);
  }

  async imageOf(name: string): Promise<string | undefined> {
    return this.#used.get(name) ?? (await this.saved(name));
  }

  /** Of a store that cannot be read there are none: whoever looks at it is told why by what matters more. */
  names(): Promise<string[]> {
    return this.#files.names();
  }

  /** Throws `driver.folder` where it cannot be read: machines may depend on it. */
  async saved(name: string): Promise<string | undefined> {
    return (await this.#files.lines(name))?.[0];
  }

  /** The variables of other programs that the driver in an image may have; by default the one that the name means. */
  async variables(name: string, image = this.#used.get(name)): Promise<readonly string[]> {
    const agreed = image === undefined ? undefined : this.#agreed.get(image);
    return agreed ?? (await this.#files.lines(name))?.slice(1) ?? [];
  }

  /** From now on, and with the next `keep` for good, this image may have these variables. No other may. */
  agree(image: string, variables: readonly string[]): void {
    this.#agreed.set(image, [...variables]);
  }

  /** Remember the image of this driver, where it is one: before the first machine that needs it. */
  async keep(name: string): Promise<void> {
    const image = this.#used.get(name);
    if (image !== undefined) await this.#files.keep(name, [image, ...(await this.variables(name))]);
  }

  /** False where there is none of this name. */
  forget(name: string): Promise<boolean> {
    this.#used.delete(name);
    return this.#files.forget(name);
  }
}
