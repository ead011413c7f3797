import { expect, test } from "vitest";
import type { Reach } from "../src/host/reach.ts";
import { compareClocks } from "../src/recipe/clocks.ts";

/** A host that answers `date +%s` so. */
const host = (stdout: string, code = 0): Reach =>
  ({ run: async () => ({ code, stdout, stderr: "" }) }) as unknown as Reach;

const now = (seconds: number): string => `${Math.round(Date.now() / 1000) + seconds}\n`;

test.each([0, -200, 200])("%i s apart do no harm", async (seconds) => {
  await compareClocks(host(now(seconds)), "web");
});

test.each([
  [-600, "10 min behind"],
  [600, "10 min ahead of"],
  [-86_400, "24 h behind"],
])("%i s apart are told, with the way to mend it", async (seconds, words) => {
  await expect(compareClocks(host(now(seconds)), "web")).rejects.toMatchObject({
    code: "provision.clock",
    message: expect.stringContaining(`The clock of web is ${words} this computer's`),
    hint: expect.stringContaining("timedatectl set-ntp true"),
  });
});

test.each([
  ["", 127],
  ["%s\n", 0],
  ["", 0],
])("a host that does not tell its time is not accused (%j, %i)", async (stdout, code) => {
  await compareClocks(host(stdout, code), "web");
});
