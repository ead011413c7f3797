import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DriverContext, scopeOf } from "@machinist/core";

/** Where things are kept. */
export interface Places {
  /** Base images: may be rebuilt at any time. */
  readonly images: string;
  /** Images that any store of this user may have; no machine stands on them. */
  readonly sharedImages: string | undefined;
  /** Networks of this computer, whichever store they belong to: two stores must not choose the same subnet. */
  readonly networks: string;
  /** The folder of one machine instance. */
  readonly instance: (machine: string, owner: string) => string;
  /** The owner tags of all machines whose folders are in this store. */
  readonly here: () => Promise<ReadonlySet<string>>;
}

export const placesOf = (context: DriverContext): Places => ({
  images: join(context.cacheDir, "nspawn", "images"),
  sharedImages: context.sharedDir && join(context.sharedDir, "nspawn", "images"),
  networks: "/var/lib/machinist/nspawn/networks",
  instance: (machine, owner) => join(context.machineDir(machine), "nspawn", owner),
  here: async () => {
    const machines = dirname(context.machineDir("any"));
    const names = await entries(machines);
    return new Set((await Promise.all(names.map((name) => entries(join(machines, name, "nspawn"))))).flat());
  },
});

const entries = (folder: string): Promise<string[]> =>
  readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return [];
    throw thrown;
  });

/** The folder of the instance that a resource (`NAME/instance`) stands for. */
export const instanceFolder = (places: Places, id: string, owner: string): string =>
  places.instance(scopeOf(id), owner);

/** A bridge's name: at most 15 characters, the same for the same owner. */
export const bridgeName = (owner: string): string =>
  `mch${createHash("sha256").update(owner).digest("hex").slice(0, 12)}`;
