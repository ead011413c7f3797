import type { Options } from "tsup";

/** What every package's bundle has in common; a package adds its entries and what else it needs. */
export const base: Options = {
  entry: ["src/index.ts"],
  format: ["esm"],
  target: "node20",
  platform: "node",
  // scripts/types.mjs makes the declarations of all packages at once.
  dts: false,
  clean: true,
  splitting: true,
  treeshake: true,
  sourcemap: false,
  removeNodeProtocol: false,
};
