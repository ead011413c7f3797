import { join } from "node:path";
import { type DriverContext, scopeOf } from "@machinist/core";

/** Where things are kept. */
export interface Places {
  /** Images and verdicts: may be made again at any time. */
  readonly cache: string;
  /** Which ports belong to which machine, for all stores that share a cache. */
  readonly ports: string;
  /** The folder of what a resource (`NAME/…`) with this owner mark stands for. */
  readonly folder: (id: string, owner: string) => string;
}

export const placesOf = ({ cacheDir, machineDir }: DriverContext): Places => ({
  cache: cacheDir,
  ports: join(cacheDir, "qemu", "ports"),
  folder: (id, owner) => join(machineDir(scopeOf(id)), "qemu", owner),
});
