import { beforeAll, describe, expect, test } from "vitest";

test("passes", () => {});
test("fails", () => expect(1).toBe(2));
test("is skipped", (context) => context.skip("needs root"));
test("cannot exist", (context) => context.skip("not applicable: it has no power to switch"));
describe.skip("a suite (skipped: needs docker)", () => test("waits", () => {}));
describe("a suite whose set-up fails", () => {
  beforeAll(() => {
    throw new Error("no host\nand more");
  });
  test("never runs", () => {});
});
