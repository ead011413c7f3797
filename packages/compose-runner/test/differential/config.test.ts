import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded } from "@machinist/testkit";
import { expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { compare } from "./compare.ts";
import { composes, noCompose } from "./compose.ts";
import { generate } from "./generate.ts";

/** How many projects; a campaign: `MACHINIST_FUZZ=2000`. */
const total = Number(process.env.MACHINIST_FUZZ) || 40;
/** To see a difference again: `MACHINIST_FUZZ_SEED=…`, and of it one run alone: `MACHINIST_FUZZ_RUN=…`. */
const seed = Number(process.env.MACHINIST_FUZZ_SEED) || Date.now() % 2 ** 31;
const only = process.env.MACHINIST_FUZZ_RUN === undefined ? undefined : Number(process.env.MACHINIST_FUZZ_RUN);
const keep = process.env.MACHINIST_FUZZ_KEEP !== undefined;

describeUnless(noCompose, "random projects", () => {
  test.each(composes.map((compose) => [compose.version, compose] as const))(
    "come to the same, for compose %s, where they are carried to",
    { timeout: 60_000 + total * 5_000 },
    async (version, compose) => {
      const counts = { same: 0, refused: 0, services: 0 };
      for (let run = only ?? 0; run < (only === undefined ? total : only + 1); run++) {
        const home = mkdtempSync(join(tmpdir(), "machinist-here-"));
        try {
          const { outcome, difference, services } = await compare(compose, generate(seeded(seed + run * 7919), home));
          counts[outcome]++;
          counts.services += services;
          if (difference !== undefined)
            expect.fail(
              `${difference}\nagain: MACHINIST_FUZZ_SEED=${seed} MACHINIST_FUZZ_RUN=${run} MACHINIST_FUZZ_KEEP=1 vitest run --project unit packages/compose-runner/test/differential -t "${version}"\n${keep ? home : ""}`,
            );
        } finally {
          if (!keep) rmSync(home, { recursive: true, force: true });
        }
      }
      console.log(`compose ${version}: ${JSON.stringify(counts)}, seed ${seed}`);
      // Projects that nobody takes show little. Of few the share says nothing.
      if (only !== undefined) return;
      expect(counts.same).toBeGreaterThan(total / 2);
      if (total >= 500) expect(counts.refused).toBeLessThan(total * 0.15);
    },
  );
});
