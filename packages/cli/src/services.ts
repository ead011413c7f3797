import type { Machinist, OpenOptions } from "@machinist/fleet";
import type { Manifest, ReadOptions } from "@machinist/manifest";

/** What a command gets from other packages, loaded when first asked for, so that no command pays for another's. */
export interface Services {
  open(options: OpenOptions): Promise<Machinist>;
  findManifest(cwd: string): Promise<string | undefined>;
  readManifest(files: readonly string[], options: ReadOptions): Promise<Manifest>;
}

export const realServices: Services = {
  open: async (options) => (await import("@machinist/fleet")).openMachinist(options),
  findManifest: async (cwd) => (await import("@machinist/manifest")).findManifest(cwd),
  readManifest: async (files, options) => (await import("@machinist/manifest")).readManifest(files, options),
};
