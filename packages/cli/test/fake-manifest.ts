import type { FleetSpec } from "@machinist/core";

export const spec: FleetSpec = { name: "demo", machines: [], compose: [], stacks: [], contexts: true };

/** A manifest that is found and read: of no machine, and with a warning. */
export const manifest = {
  findManifest: async () => "/nowhere/machines.yaml",
  readManifest: async () => ({ spec, warnings: ["machines.yaml:1:1: odd"], files: [], where: () => undefined }),
};
