import { defineConfig } from "vitest/config";

/** Tests run on the packages' sources: no build comes first. */
const conditions = ["@machinist/source", "node", "import", "default"];
/** Credentials are looked for in the metadata service of a cloud's own machines: no test asks there. */
const env = { AWS_EC2_METADATA_DISABLED: "true" };
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
          env,
          name: "unit",
          include: [
            "packages/*/test/**/*.test.ts",
            "packages/*/test/**/*.test.tsx",
            "examples/*/test/**/*.test.ts",
            "test/**/*.test.ts",
          ],
          exclude: ["**/*.e2e.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          env,
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
