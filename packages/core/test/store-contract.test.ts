import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore } from "@machinist/core";
import { FakeDisk } from "@machinist/testkit";
import { testStore } from "@machinist/testkit/suites";
import { afterAll } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "machinist-store-suite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

testStore({ name: "of files", open: async () => new FileStore(folder) });

const disk = new FakeDisk();
testStore({
  name: "of the simulation",
  open: async () => disk.store({ step: () => {} }),
  notApplicable: {
    "a lock is refused while it is held, and free when released": "one simulated process runs at a time",
    "waiting for a lock can be cancelled": "one simulated process runs at a time",
  },
});
