import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

test("the file that the program loads for what needs machinist is one that is built", () => {
  const loaded = /join\(__dirname, "(\w+)\.js"\)/.exec(read("src/bin.ts"))?.[1];
  const built = [...read("tsup.config.ts").matchAll(/(\w+): "src\//g)].map(([, name]) => name);
  expect(built).toContain(loaded);
});
