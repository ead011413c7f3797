import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { crashFuzz } from "../src/index.ts";

const runs = 12_000;

test.each([
  ["a fixed seed", 1],
  ["a fresh seed", randomInt(2 ** 31)],
])(
  "fleets that are killed, changed and damaged leak, double and lose nothing (%s, %i)",
  async (_name, seed) => {
    const count = await crashFuzz({ seed, runs });
    console.log(
      `${count.lives} fleets, ${count.runs} runs of the reconciler, ${count.kills} of them killed, from seed ${seed}`,
    );
    expect(count.runs).toBeGreaterThanOrEqual(runs);
    expect(count.kills).toBeGreaterThan(count.runs / 10);
  },
  900_000,
);
