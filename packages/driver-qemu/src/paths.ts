import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type DriverContext, isFleetScope, MachinistError, scopeOf } from "@machinist/core";

/** Where things are kept. */
export interface Places {
  /** Images and verdicts: may be made again at any time. */
  readonly cache: string;
  readonly images: string;
  /** Images that any store of this user may have; none stands on them. */
  readonly sharedImages: string | undefined;
  /** Which ports belong to which machine, for all stores that share a cache. */
  readonly ports: string;
  /** The folder of what a resource (`NAME/…`) with this owner tag stands for. */
  readonly folder: (id: string, owner: string) => string;
  /**
   * The same, of an orphan too: its id tells nothing, so it is where it was `listed`. Of a machine of this store never what
   * was saved: its folder moves with the store, and what is looked at must be what is removed.
   */
  readonly locate: (
    call: { readonly id: string; readonly owner: string },
    listed: string | undefined,
  ) => Promise<string>;
  /** The folders of all machines and disks in this store, those that no record knows too. */
  readonly all: () => Promise<string[]>;
}

export const placesOf = ({ cacheDir, sharedDir, machineDir }: DriverContext): Places => ({
  cache: cacheDir,
  images: join(cacheDir, "images"),
  sharedImages: sharedDir && join(sharedDir, "images"),
  ports: join(cacheDir, "qemu", "ports"),
  folder: (id, owner) => join(machineDir(scopeOf(id)), "qemu", owner),
  locate: async ({ id, owner }, listed) => {
    const machine = scopeOf(id);
    const ours = !isFleetScope(machine) && (await stat(machineDir(machine)).catch(() => undefined)) !== undefined;
    // Only a folder of this mark's name is ever removed.
    const isListed = !ours && listed !== undefined && basename(listed) === owner;
    return isListed ? listed : join(machineDir(machine), "qemu", owner);
  },
  all: async () => {
    const machines = dirname(machineDir("any"));
    const folders = (await entries(machines)).map((name) => join(machines, name, "qemu"));
    const found = await Promise.all(
      folders.map(async (each) => (await entries(each)).map((owner) => join(each, owner))),
    );
    return found.flat();
  },
});

const entries = (folder: string): Promise<string[]> =>
  readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return [];
    throw new MachinistError("qemu.unreadable", `${folder} cannot be read (${thrown.code})`, {
      cause: thrown,
      hint: `Check who owns it and its permissions: ls -ld ${folder}`,
    });
  });
