import { defineConfig } from "vitest/config";

/** Tests run on the packages' sources: no build comes first. */
const conditions = ["@machinist/source", "node", "import", "default"];
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["node", "import", "default"] } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "packages/*/test/**/*.test.tsx", "test/**/*.test.ts"],
          exclude: ["**/*.e2e.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          name: "e2e",
          include: ["packages/*/test/**/*.e2e.test.ts", "test/**/*.e2e.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Real hosts share two cores: one file at a time keeps their timings honest.
          fileParallelism: false,
        },
      },
    ],
  },
});
