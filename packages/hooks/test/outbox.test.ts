import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFile } from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Outbox } from "../src/outbox.ts";

let store: string;
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), "machinist-outbox-"));
  mkdirSync(join(store, "hooks"));
  mkdirSync(join(store, "locks"));
});
afterEach(() => rmSync(store, { recursive: true, force: true }));

test("what a run was killed over while it wrote is removed by the next one, what a run that lives writes is not", async () => {
  for (const file of [".dead.json.3a6e9c.tmp", ".alive.json.3a6e9c.tmp", "other.txt"])
    writeFileSync(join(store, "hooks", file), "{");
  const lock = await lockFile(join(store, "locks", "hooks-alive.lock"));
  expect(await new Outbox(store, "mine").adopt(new Set(["demo"]))).toEqual([]);
  expect(readdirSync(join(store, "hooks")).sort()).toEqual([".alive.json.3a6e9c.tmp", "other.txt"]);
  await lock.release();
  await new Outbox(store, "mine").adopt(new Set());
  expect(readdirSync(join(store, "hooks"))).toEqual(["other.txt"]);
  expect(readdirSync(join(store, "locks"))).toEqual([]);
});

test("what a run left is kept where it is until the one that takes it over has saved it", async () => {
  const path = join(store, "hooks", "dead.json");
  const occurrence = { key: "1", event: "machine.created", fleet: "demo", machine: "web" };
  writeFileSync(path, JSON.stringify({ version: 1, pending: [{ occurrence, hooks: [], run: "dead" }] }));
  const mine = new Outbox(store, "mine");
  mkdirSync(join(store, "hooks", "mine.json"));
  await expect(mine.adopt(new Set(["demo"]))).rejects.toMatchObject({ code: "store.write" });
  expect(existsSync(path)).toBe(true);
  rmSync(join(store, "hooks", "mine.json"), { recursive: true });
  expect((await mine.adopt(new Set(["demo"]))).map((each) => each.occurrence.key)).toEqual(["dead:1"]);
  expect(readdirSync(join(store, "hooks"))).toEqual(["mine.json"]);
  await mine.close();
});
