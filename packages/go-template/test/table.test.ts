import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { oracle, ours } from "./oracle.ts";
import { data } from "./table.ts";

const go = oracle();
const noGo = go ? undefined : "there is no go here, so its answers are the recorded ones";
afterAll(() => go?.close());

interface Recorded {
  readonly template: string;
  readonly out: string;
  readonly error?: string;
}

/** Templates good and bad, each with Go 1.19's answer. A new one is added with its template alone: RECORD=1 asks Go for the rest. */
const file = new URL("recorded.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as Recorded[];
const asked = () => go!.ask(recorded.map(({ template }) => ({ template, data })));

if (go && process.env.RECORD) {
  const answers = asked();
  const all = recorded.map(({ template }, index) => ({ template, ...answers[index]! }));
  writeFileSync(file, `${JSON.stringify(all, undefined, 1)}\n`);
}

for (const { template, ...answer } of recorded)
  test(`${JSON.stringify(template).slice(0, 120)}`, () => {
    expect(ours(template, data)).toEqual(answer);
  });

testUnless(noGo, "Go still answers as recorded", () => {
  expect(asked()).toEqual(recorded.map(({ template: _, ...answer }) => answer));
});
