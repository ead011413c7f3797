import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { base } from "../../tsup.base.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const define = { MACHINIST_VERSION: JSON.stringify(version) };

export default defineConfig([
  {
    ...base,
    define,
    noExternal: ["commander"],
    // Optional, so tsup would take it in: it is to stay where it is until it is opened.
    external: ["@machinist/tui", "@machinist/tui/questions"],
    // Commander is CommonJS and asks for node's own modules by `require`.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  },
  {
    ...base,
    define,
    entry: ["src/bin.ts"],
    format: ["cjs"],
    outExtension: () => ({ js: ".cjs" }),
    clean: false,
    splitting: false,
  },
]);
