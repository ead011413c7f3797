import { describe, expect, test } from "vitest";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

describe("snapshot", () => {
  test("takes, lists, restores and removes", async () => {
    const fake = fakeMachinist();
    const words = (line: string) => run(["snapshot", ...line.split(" ")], { machinist: fake.machinist });
    for (const line of ["take web-1 before", "restore web-1 before --yes", "rm web-1 before --yes"])
      expect((await words(line)).code).toBe(0);
    expect(fake.calls).toEqual([
      ["snapshot", "take", "web-1", "before", {}],
      ["snapshot", "restore", "web-1", "before", {}],
      ["snapshot", "remove", "web-1", "before", {}],
    ]);
    expect((await words("ls web-1")).stdout).toBe("NAME     TAKEN\nbefore   2026-11-25T10:00:00Z\n");
    expect(JSON.parse((await words("ls web-1 --json")).stdout)).toEqual([{ name: "before", takenAt: 1795600800000 }]);
  });

  test("is told what it lacks, and restores and removes nothing without consent", async () => {
    const fake = fakeMachinist();
    for (const line of [
      "",
      "make web-1 a",
      "take",
      "take web-1",
      "rm web-1",
      "ls",
      "ls web-1 a b",
      "restore web-1 before",
      "rm web-1 before",
    ])
      expect((await run(["snapshot", ...line.split(" ").filter(Boolean)], { machinist: fake.machinist })).code).toBe(2);
    expect(fake.calls).toEqual([]);
  });
});
