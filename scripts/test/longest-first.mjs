import { BaseSequencer } from "vitest/node";

/**
 * Files that take longest, the longest first. They begin before all others: one that began last would be waited for by
 * idle processors. A clone that has never run the tests knows no times, so they stand here (see "Slowest files" at the end
 * of a run).
 */
const longest = [
  "test/drivers/virtualbox-guest.e2e.test.ts",
  "packages/driver-virtualbox/test/contract.e2e.test.ts",
  "packages/swarm/test/swarm.e2e.test.ts",
  "packages/driver-amazonec2/test/contract.e2e.test.ts",
  // Another emulated processor: not beside the first, each of them takes a real one.
  "test/drivers/qemu.e2e.test.ts",
  "test/swarm-scale.e2e.test.ts",
  "test/release.e2e.test.ts",
  "packages/provision/test/provision.e2e.test.ts",
];

/** @param {import("vitest/node").TestSpecification} spec */
const rank = ({ moduleId }) => {
  const place = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
  return place < 0 ? longest.length : place;
};

export default class LongestFirst extends BaseSequencer {
  /**
   * @override
   * @param {import("vitest/node").TestSpecification[]} files
   */
  async sort(files) {
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => rank(a) - rank(b));
  }
}
