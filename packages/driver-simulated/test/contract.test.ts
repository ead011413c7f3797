import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SimulatedFaults, simulatedUnder } from "@machinist/driver-simulated";
import { FastClock } from "@machinist/testkit";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll } from "vitest";

const cacheDir = mkdtempSync(join(tmpdir(), "machinist-simulated-"));
const objects = join(cacheDir, "simulated");
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

let faults: SimulatedFaults | undefined;

testDriver({
  module: simulatedUnder(() => faults),
  context: { cacheDir, clock: new FastClock(100) },
  options: { "boot-ms": 200, network: true },
  faults: (next) => {
    faults = next;
  },
  faultRuns: 100,
  report: console.log,
  changed: { size: "large" },
  replacing: { image: "fancy" },
  leftovers: async ({ uids }) => {
    const names = await readdir(objects).catch(() => [] as string[]);
    return names.filter((name) => uids.some((uid) => name.includes(uid)));
  },
  foreign: async () => {
    const path = join(objects, "theirs.json");
    await mkdir(objects, { recursive: true });
    await writeFile(path, JSON.stringify({ id: "theirs", owner: "theirs", born: 0, props: {}, power: "running" }));
    return {
      isThere: () =>
        readFile(path).then(
          () => true,
          () => false,
        ),
      remove: () => rm(path),
    };
  },
  // A file where the folder of objects was: nothing can be read, and it is not that nothing is there.
  breakProvider: async () => {
    await rename(objects, `${objects}.away`);
    await writeFile(objects, "");
    return async () => {
      await rm(objects);
      await rename(`${objects}.away`, objects);
    };
  },
});
