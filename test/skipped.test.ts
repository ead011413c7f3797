import { expect, test } from "vitest";
import { describeUnless, testUnless, testWhere, unlessRoot } from "./skipped.ts";

const never = () => {
  throw new Error("it was run all the same");
};
testUnless("not applicable: an example", "is left out", never);
testWhere(false, "another example", "is nothing here", never);
testWhere(true, "no example", "is run", () => {});
describeUnless(undefined, "a suite that lacks nothing", () => {
  test("has its own title, and runs", ({ task }) => expect(task.suite?.name).toBe("a suite that lacks nothing"));
});

test("a test that is skipped has its reason as its note", ({ task }) => {
  const seen = task.file.tasks.map(({ name, result }) => [name, result && "note" in result ? result.note : undefined]);
  expect(seen.slice(0, 3)).toEqual([
    ["is left out", "not applicable: an example"],
    ["is nothing here", "not applicable: another example"],
    ["is run", undefined],
  ]);
});

test("what needs root says so in the same words everywhere", () => {
  expect([undefined, "needs root on Linux, to mount a disk"]).toContain(unlessRoot("mount a disk"));
});
