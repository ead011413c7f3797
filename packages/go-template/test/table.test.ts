import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { goMinor, goMissing, goName } from "../../../test/go/program.ts";
import { testUnless } from "../../../test/skipped.ts";
import { asSaidBy } from "./go-versions.ts";
import { oracle, ours } from "./oracle.ts";
import { data } from "./table.ts";

const go = await oracle();
const noGo = go ? undefined : `${goMissing}, so its answers are the recorded ones`;

interface Recorded {
  readonly template: string;
  readonly out: string;
  readonly error?: string;
}

/** Templates good and bad, each with Go 1.19's answer. A new one is added with its template alone: RECORD=1 asks Go 1.19 for the rest. */
const file = new URL("recorded.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as Recorded[];
const asked = () => go!(recorded.map(({ template }) => ({ template, data })));

if (go && process.env.RECORD) {
  if (goMinor !== 19)
    throw new Error(`Go 1.19's answers are recorded, and this is ${goName}: MACHINIST_GO says which.`);
  const answers = asked();
  const all = recorded.map(({ template }, index) => ({ template, ...answers[index]! }));
  writeFileSync(file, `${JSON.stringify(all, undefined, 1)}\n`);
}

for (const { template, ...answer } of recorded)
  test(`${JSON.stringify(template).slice(0, 120)}`, () => {
    expect(ours(template, data)).toEqual(answer);
  });

testUnless(noGo, `${goName} answers as recorded`, () => {
  expect(asked()).toEqual(recorded.map(({ template, ...answer }) => asSaidBy(goMinor, template, answer)));
});
