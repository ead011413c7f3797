import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { sameOnEveryNode } from "./scripts/test/same-on-every-node.mjs";

/** Tests run on the packages' sources: no build comes first. */
const conditions = ["@machinist/source", "node", "import", "default"];
/** Tests see nothing of the one who runs them: neither a HOME nor variables. */
const setupFiles = ["test/own-surroundings.ts"];
/**
 * For a test that is stuck. How long a test takes is up to whatever else the computer does, so none of the unit tests is
 * held to it, nor does one of them give up sooner what it waits for.
 */
const stuckMs = 300_000;
/** Vitest leaves a core to others, which of two is half; and real hosts wait more than they work. */
const maxWorkers = Math.min(4, Math.max(2, availableParallelism()));
const e2e = ["packages/*/test/**/*.e2e.test.ts", "test/**/*.e2e.test.ts"];
/** What holds a limit of time or memory has the computer for itself. */
const alone = ["**/*.alone.e2e.test.ts"];
/** What starts a program starts it as it is published. */
const globalSetup = ["test/repository/packed.ts"];
/** The first hook that needs an image builds it, which took more than five minutes on a computer with much else to do. */
const patient = { testTimeout: 600_000, hookTimeout: 1_200_000 };
/** Whatever is waited for may take its time on a busy computer: that it comes is tested, not when. */
const expect = { poll: { timeout: 120_000, interval: 50 } };

const unit = {
  setupFiles: [...setupFiles, "test/no-proxies.ts"],
  include: [
    "packages/*/test/**/*.test.ts",
    "packages/*/test/**/*.test.tsx",
    "examples/*/test/**/*.test.ts",
    "test/**/*.test.ts",
  ],
  exclude: ["**/*.e2e.test.ts"],
  testTimeout: stuckMs,
  hookTimeout: stuckMs,
  expect: { poll: { timeout: stuckMs / 5 } },
  maxWorkers,
};
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["node", "import", "default"] } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: { ...unit, name: "unit" },
      },
      {
        ...shared,
        // What is run with other versions of Node as well.
        test: { ...unit, name: "node", exclude: [...unit.exclude, ...sameOnEveryNode.flatMap(({ files }) => files)] },
      },
      {
        ...shared,
        test: {
          setupFiles,
          name: "e2e",
          include: e2e,
          globalSetup,
          expect,
          exclude: ["**/node_modules/**", ...alone],
          ...patient,
          maxWorkers,
        },
      },
      {
        ...shared,
        test: {
          setupFiles,
          name: "alone",
          include: alone,
          globalSetup,
          expect,
          ...patient,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          setupFiles,
          name: "figures",
          include: ["packages/*/test/**/*.figures.ts", "test/**/*.figures.ts"],
          globalSetup,
          ...patient,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
