import { expect, test, vi } from "vitest";
import { asMachinistError, isMachinistError, MachinistError } from "../src/error.ts";

/** Another copy of the package, with a class of its own, as a driver in the folder one works in may bring it. */
async function another(): Promise<typeof import("../src/error.ts")> {
  vi.resetModules();
  return import("../src/error.ts");
}

test("an error of another copy of this package is one of ours, with all it says", async () => {
  const copy = await another();
  const theirs = new copy.MachinistError("nspawn.no-root", "Needs root", { hint: "sudo", retryable: true });
  expect(theirs instanceof MachinistError).toBe(false);
  expect(isMachinistError(theirs)).toBe(true);
  expect(asMachinistError(theirs)).toBe(theirs);
  expect(copy.isMachinistError(new MachinistError("a.b", "c"))).toBe(true);
});

test("what only looks like one is none", () => {
  const lookalike = Object.assign(new Error("c"), { name: "MachinistError", code: "a.b" });
  for (const thrown of [lookalike, new Error("x"), { code: "a.b" }, "a.b", undefined, null])
    expect(isMachinistError(thrown)).toBe(false);
  expect(asMachinistError(lookalike)).toMatchObject({ code: "internal", message: "c" });
});
