import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import LongestFirst from "./scripts/test/longest-first.mjs";
import { sameOnEveryNode } from "./scripts/test/same-on-every-node.mjs";

/** Tests run on the packages' sources: no build comes first. */
const conditions = ["@machinist/source", "node", "import", "default"];
/** Tests see nothing of the one who runs them: neither a HOME nor variables. */
const setupFiles = ["test/own-surroundings.ts", "test/processor-time.ts"];
/**
 * For a test that is stuck. How long a test takes is up to whatever else the computer does, so none of the unit tests is
 * held to it, nor does one of them give up sooner what it waits for.
 */
const stuckMs = 300_000;
/** Unit tests wait more than they work, for processes and files: twice as many as there are processors keep those busy. */
const maxWorkers = Math.min(8, 2 * availableParallelism());
/** A real host works while its test waits: of those there is one more than there are processors. */
const hostWorkers = Math.min(5, availableParallelism() + 1);
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
  // The sources are loaded once for each process, not for each of some two hundred files: a third of the work. No test may
  // change what others import (there is no mock of a module), and `setupFiles` runs before each file all the same.
  isolate: false,
};
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["node", "import", "default"] } },
};

export default defineConfig({
  test: {
    // The same sources are compiled for each of the runs that `npm test` consists of.
    experimental: { fsModuleCache: true, fsModuleCachePath: ".work/vitest" },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...shared,
        test: { ...unit, name: "unit" },
      },
      {
        ...shared,
        // What is run with other versions of Node as well, and before each commit.
        test: { ...unit, name: "node", exclude: [...unit.exclude, ...sameOnEveryNode.flatMap(({ files }) => files)] },
      },
      {
        ...shared,
        test: {
          setupFiles,
          name: "e2e",
          include: ["packages/*/test/**/*.e2e.test.ts", "test/**/*.e2e.test.ts"],
          exclude: ["**/node_modules/**"],
          globalSetup,
          expect,
          ...patient,
          maxWorkers: hostWorkers,
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
