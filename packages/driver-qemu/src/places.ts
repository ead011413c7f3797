import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DriverContext, MachinistError, scopeOf } from "@machinist/core";

/** Where things are kept. */
export interface Places {
  /** Images and verdicts: may be made again at any time. */
  readonly cache: string;
  /** Which ports belong to which machine, for all stores that share a cache. */
  readonly ports: string;
  /** The folder of what a resource (`NAME/…`) with this owner mark stands for. */
  readonly folder: (id: string, owner: string) => string;
  /** The folders of all machines and disks in this store, those that no record knows too. */
  readonly all: () => Promise<string[]>;
}

export const placesOf = ({ cacheDir, machineDir }: DriverContext): Places => ({
  cache: cacheDir,
  ports: join(cacheDir, "qemu", "ports"),
  folder: (id, owner) => join(machineDir(scopeOf(id)), "qemu", owner),
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
    throw new MachinistError("qemu.unreadable", `${folder} cannot be read (${thrown.code})`, { cause: thrown });
  });
