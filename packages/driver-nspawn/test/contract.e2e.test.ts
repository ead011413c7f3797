import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import nspawn from "@machinist/driver-nspawn";
import { leftovers, unavailable } from "@machinist/lab";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";

const reason = unavailable();

describeUnless(reason, "on this computer", () => {
  // A real disk: the tree of a machine is an overlay, which cannot lie on another one.
  const top = process.env.MACHINIST_LAB_DIR ?? "/var/lib/machinist-lab";
  let folder = "";
  if (reason === undefined) {
    mkdirSync(top, { recursive: true, mode: 0o700 });
    folder = mkdtempSync(join(top, "suite-"));
  }
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  testDriver({
    module: nspawn,
    options: { image: "bare" },
    context: {
      cacheDir: process.env.MACHINIST_LAB_CACHE ?? "/var/cache/machinist",
      machineDir: (machine) => join(folder, machine),
    },
    replacing: { memory: 512 },
    leftovers: async ({ uids }) => (await Promise.all(uids.map(leftovers))).flat(),
    kills: 8,
    timeoutMs: 300_000,
    notApplicable: {
      "what can be changed in place is, and nothing is recreated":
        "no option can: a new key can, and lab's recovery test has that",
      "what cannot be read is an error, and nothing is forgotten or made over it":
        "the provider is the kernel, which cannot be kept from answering",
      "what others made is left alone": "lab's recovery test has a neighbour's fleet beside it",
    },
  });
});
