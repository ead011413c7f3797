import { defineConfig } from "tsup";
import { base } from "../../tsup.base.ts";

export default defineConfig({
  ...base,
  // The suites need vitest; the rest works with any test runner.
  entry: { index: "src/index.ts", "suites/index": "src/suites/index.ts" },
});
