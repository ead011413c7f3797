import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, lockFile, newRecord, writeAtomic } from "@machinist/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnless, unlessRoot } from "../../../test/skipped.ts";

/** A small disk of its own, or why there is none. */
function mount(folder: string): string | undefined {
  const lack = unlessRoot("mount a small disk");
  if (lack !== undefined) return lack;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "machinist-test", folder], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `a small disk cannot be mounted: ${(error as Error).message}`;
  }
}

const folder = mkdtempSync(join(tmpdir(), "machinist-disk-"));
const reason = mount(folder);
afterAll(() => {
  if (reason === undefined) execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true, force: true });
});

describeUnless(reason, "on a real disk", () => {
  const store = new FileStore(folder);
  const record = newRecord("m", "f");
  beforeAll(async () => {
    await store.save(record);
    await (await store.lock("m")).release();
  });

  test("that is full, the old record stays whole, nothing is left over, and the error says what to do", async () => {
    const id = "m/thing";
    const props = { much: "x".repeat(400_000) };
    const grown = newRecord("m", "f");
    grown.resources[id] = { id, kind: "k", props, parents: [], generation: 1, status: "created", intentAt: 0 };
    await expect(store.save(grown)).rejects.toMatchObject({
      code: "store.write",
      message: expect.stringContaining("no space left"),
      hint: expect.stringContaining("Free some space"),
    });
    expect(await store.load("m")).toEqual(record);
    expect(await readdir(store.folder("m"))).toEqual(["record.json"]);
  });

  test("that is read-only, saving, locking and removing say so; reading goes on", async () => {
    execFileSync("mount", ["-o", "remount,ro", folder]);
    try {
      const readOnly = { code: "store.write", message: /read-only/, hint: expect.stringContaining("--storage-path") };
      await expect(store.save(record)).rejects.toMatchObject(readOnly);
      await expect(store.save(newRecord("new", "f"))).rejects.toMatchObject({ code: "store.write" });
      await expect(store.remove("m")).rejects.toMatchObject(readOnly);
      await expect(store.lock("m")).rejects.toMatchObject(readOnly);
      expect(await store.list()).toEqual(["m"]);
      expect(await store.load("m")).toEqual(record);
    } finally {
      execFileSync("mount", ["-o", "remount,rw", folder]);
    }
  });
});

describe("in the way of a write", () => {
  const place = mkdtempSync(join(tmpdir(), "machinist-way-"));
  afterAll(() => rmSync(place, { recursive: true }));

  test("a folder of the file's name is an error, and no draft stays behind", async () => {
    mkdirSync(join(place, "record.json/x"), { recursive: true });
    await expect(writeAtomic(join(place, "record.json"), "new")).rejects.toMatchObject({ code: "store.write" });
    expect(await readdir(place)).toEqual(["record.json"]);
  });

  test("a file where a folder should be is one of the store's errors", async () => {
    writeFileSync(join(place, "machines"), "");
    const error = { code: "store.write", message: expect.stringContaining(place) };
    await expect(new FileStore(place).save(newRecord("m", "f"))).rejects.toMatchObject(error);
    writeFileSync(join(place, "locks"), "");
    await expect(lockFile(join(place, "locks/m.lock"))).rejects.toMatchObject(error);
  });
});
