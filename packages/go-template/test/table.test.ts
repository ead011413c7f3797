import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { oracle, ours } from "./oracle.ts";
import { data, templates } from "./table.ts";

const go = oracle();
if (!go) console.log("skipped: Go is not installed, so its answers are the recorded ones");
afterAll(() => go?.close());

/** Go 1.19's answers to test/table.ts, kept by the test below. */
const file = new URL("recorded.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as { template: string; out: string; error?: string }[];

test("every template of the table was recorded", () => {
  expect(recorded.map(({ template }) => template)).toEqual(templates);
});

for (const { template, ...answer } of recorded)
  test(`${JSON.stringify(template).slice(0, 120)}`, () => {
    expect(ours(template, data)).toEqual(answer);
  });

test.skipIf(!go)("Go still answers as recorded", () => {
  expect(go!.ask(templates.map((template) => ({ template, data })))).toEqual(
    recorded.map(({ template: _, ...answer }) => answer),
  );
});
