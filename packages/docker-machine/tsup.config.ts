import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { base } from "../../tsup.base.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const define = { MACHINIST_VERSION: JSON.stringify(version) };

export default defineConfig([
  { ...base, define, entry: { index: "src/index.ts", backend: "src/backend/index.ts" } },
  {
    ...base,
    define,
    entry: ["src/bin.ts"],
    format: ["cjs"],
    outExtension: () => ({ js: ".cjs" }),
    // One file with all that the quick commands need; these are ES modules, which CommonJS cannot load at once.
    noExternal: ["@machinist/machine-config", "@machinist/go-template", "@machinist/terminal-text"],
    clean: false,
    splitting: false,
  },
]);
