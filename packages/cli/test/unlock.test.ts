import { MachinistError } from "@machinist/core";
import type { Machinist, StoreLock } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

const lock = (name: string, more: Partial<StoreLock> = {}): StoreLock => ({
  name,
  path: `/store/locks/${name}.lock`,
  content: "secret-key",
  standing: "unknown",
  holder: { pid: 12, host: "ci-1", since: 60_000, command: "up" },
  ...more,
});

function holding(...locks: StoreLock[]) {
  const freed: string[][] = [];
  const unlock: Machinist["unlock"] = async (chosen) => {
    if (chosen.some(({ standing }) => standing === "alive")) throw new MachinistError("store.in-use", "It is in use");
    freed.push(chosen.map(({ name }) => name));
    return chosen.map(({ name }) => name);
  };
  return { ...fakeMachinist({ overrides: { locks: async () => locks, unlock } }), freed };
}

describe("unlock", () => {
  test("shows who holds what, and frees it when agreed", async () => {
    const fake = holding(lock("db"), lock("web-1", { standing: "alive" }), lock("@demo", { holder: undefined! }));
    const ran = await run(["unlock", "db", "--yes"], { machinist: fake.machinist, now: 180_000 });
    expect(ran.stdout.split("\n").slice(0, 2)).toEqual([
      "LOCKED   PROCESS   COMPUTER   SINCE           COMMAND   STATE",
      "db       12        ci-1       2 min 0 s ago   up        unknown",
    ]);
    expect([ran.code, ran.stderr]).toEqual([0, "Released: db\n"]);
    await run(["unlock", "demo", "--yes"], { machinist: fake.machinist });
    await run(["unlock", "--yes"], { machinist: fake.machinist });
    expect(fake.freed).toEqual([["db"], ["@demo"], ["db", "@demo"]]);
  });

  test("asks at a terminal, and refuses without one unless it is told", async () => {
    const fake = holding(lock("db"));
    const refused = await run(["unlock", "db"], { machinist: fake.machinist });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/\(usage\.confirm\)\nhint: Pass --yes/)]);
    const declined = await run(["unlock"], { machinist: fake.machinist, columns: 200, typed: "n\n" });
    expect([declined.code, declined.stderr]).toEqual([0, expect.stringContaining("the other has ended? [y/N]")]);
    expect(fake.freed).toEqual([]);
    await run(["unlock"], { machinist: fake.machinist, columns: 200, typed: "y\n" });
    expect(fake.freed).toEqual([["db"]]);
  });

  test("lists for programs, and frees nothing in a dry run", async () => {
    const fake = holding(lock("db"), lock("web-1", { standing: "alive" }));
    const dry = await run(["unlock", "--dry-run", "--json"], { machinist: fake.machinist });
    expect(dry.stdout).not.toContain("secret-key");
    const since = "1970-01-01T00:01:00.000Z";
    expect(JSON.parse(dry.stdout)).toEqual([
      { name: "db", state: "unknown", pid: 12, host: "ci-1", since, command: "up", freed: false },
      { name: "web-1", state: "running", pid: 12, host: "ci-1", since, command: "up", freed: false },
    ]);
    const done = await run(["unlock", "--yes", "--json"], { machinist: fake.machinist });
    expect(JSON.parse(done.stdout).map((each: { freed: boolean }) => each.freed)).toEqual([true, false]);
    expect(fake.freed).toEqual([["db"]]);
  });

  test("leaves what runs, and says so to who names it", async () => {
    const fake = holding(lock("web-1", { standing: "alive" }));
    const all = await run(["unlock", "--yes"], { machinist: fake.machinist });
    expect([all.code, all.stdout]).toEqual([0, expect.stringContaining("running")]);
    const named = await run(["unlock", "web-1", "--yes"], { machinist: fake.machinist });
    expect([named.code, named.stderr]).toEqual([1, expect.stringContaining("(store.in-use)")]);
    expect(fake.freed).toEqual([]);
  });

  test("says that nothing is locked, and refuses a name that is none", async () => {
    const free = await run(["unlock", "web-1"], { machinist: holding().machinist });
    expect([free.code, free.stderr]).toEqual([0, "Nothing is locked.\n"]);
    const wrong = await run(["unlock", "web-9"], { machinist: holding().machinist });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("(usage.unknown-lock)")]);
  });
});
