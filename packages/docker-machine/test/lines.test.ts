import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { differences } from "./differences.ts";
import { type Fact, factsIn, writtenFacts } from "./lines/facts.ts";
import { type Line, linesFrom } from "./lines/generate.ts";
import { askTheOriginal } from "./lines/record.ts";
import { Setting } from "./lines/setting.ts";
import { normal, same } from "./said.ts";

const file = new URL("fixtures/lines.json", import.meta.url);
/** Of seed 1, as docker-machine 0.16.2, built by Go 1.26 with its drivers none and generic, answered. */
const recorded = factsIn(readFileSync(file, "utf8"));

let setting: Setting;
beforeAll(async () => {
  setting = await Setting.open();
});
afterAll(() => setting?.close());

/** As somebody could type it. */
function typed({ store, args, env = {}, stdin }: Line): string {
  const quoted = (word: string) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const input = stdin === undefined ? [] : [`<<< ${JSON.stringify(stdin)}`];
  return [`(${store} store)`, ...variables, "docker-machine", ...args.map(quoted), ...input].join(" ");
}

/** Lines that are answered otherwise, and meant to be; and those that are not meant to be. */
async function compared(facts: readonly Fact[]): Promise<{ meant: string[]; differing: unknown[] }> {
  const meant: string[] = [];
  const differing: unknown[] = [];
  for (const { line, answer, varies } of facts) {
    const said = await setting.run(line);
    if (same(said, answer, varies)) continue;
    const difference = differences.find(({ lines }) => lines?.(line.args, answer));
    if (difference === undefined) differing.push({ line: typed(line), said: normal(said), wanted: normal(answer) });
    else {
      meant.push(difference.name);
      difference.holds(said, answer);
    }
  }
  return { meant, differing };
}

const told = (facts: readonly Fact[], meant: readonly string[]): string =>
  `${facts.length} lines, ${facts.length - meant.length} answered to the letter, ${meant.length} by ${new Set(meant).size} listed differences`;

test("generated command lines are answered as docker-machine 0.16.2 answered them", async () => {
  expect(recorded.length).toBeGreaterThan(1000);
  const { meant, differing } = await compared(recorded);
  expect(differing.slice(0, 10), `${differing.length} of ${recorded.length} lines`).toEqual([]);
  console.log(told(recorded, meant));
});

/** A docker-machine 0.16.2 to ask, where there is one: `MACHINIST_ORIGINAL=/path/to/docker-machine`. */
const original = process.env.MACHINIST_ORIGINAL ?? "";
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.MACHINIST_FUZZ ?? 200);

const noOriginal = original === "" ? "not applicable: MACHINIST_ORIGINAL names no docker-machine" : undefined;
const asking = async () => {
  const { facts, left } = await askTheOriginal(original, linesFrom(seed, count));
  if (process.env.MACHINIST_ORIGINAL_RECORD === "yes") writeFileSync(file, writtenFacts(facts));
  const { meant, differing } = await compared(facts);
  expect(differing, `seed ${seed}`).toEqual([]);
  console.log(`${told(facts, meant)}, ${left.length} left out (seed ${seed})`);
};
testUnless(noOriginal, "fresh lines are answered as by a docker-machine that is here", asking, 3_600_000);
