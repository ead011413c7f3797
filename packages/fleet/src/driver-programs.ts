import { join } from "node:path";
import { DriverFiles } from "./driver-files.ts";

/**
 * What the user lets drivers have that are programs on PATH: for each its path, then the names of variables. Another program of
 * that name, found earlier on PATH, has none of them.
 */
export class DriverPrograms {
  readonly #files: DriverFiles;

  /** `folder`: where the store has what belongs to drivers. */
  constructor(folder: string) {
    this.#files = new DriverFiles(join(folder, "programs"));
  }

  async variables(name: string, path: string | undefined): Promise<readonly string[]> {
    const [agreed, ...variables] = (await this.#files.lines(name)) ?? [];
    return path !== undefined && agreed === path ? variables : [];
  }

  /** From now on this program may have these variables, and no others beside its own. */
  agree(name: string, path: string, variables: readonly string[]): Promise<void> {
    return this.#files.keep(name, [path, ...variables]);
  }

  /** False where nothing was agreed to. */
  forget(name: string): Promise<boolean> {
    return this.#files.forget(name);
  }
}
