import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, isWithinLimits, parseRecord, readAtMost } from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-bounded-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a file is read up to what it may have, and not a byte more", async () => {
  const path = join(folder, "file");
  for (const size of [0, 1, 65_536, 65_537, 200_000]) {
    await writeFile(path, "x".repeat(size));
    expect(await readAtMost(path, 200_000, "The file")).toHaveLength(size);
  }
  await writeFile(path, "x".repeat(200_001));
  const refused = { code: "file.too-large", hint: expect.any(String) };
  await expect(readAtMost(path, 200_000, "The file")).rejects.toMatchObject(refused);
  await truncate(path, 600 * 2 ** 20);
  const before = process.memoryUsage().rss;
  await expect(readAtMost(path, 2 ** 20, "The file")).rejects.toMatchObject({
    message: `The file ${path} is larger than 1 MiB`,
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  // It has no size, and no end.
  await expect(readAtMost("/dev/zero", 300_000, "The file")).rejects.toMatchObject(refused);
  await expect(readAtMost(join(folder, "none"), 1, "The file")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(readAtMost(folder, 1, "The file")).rejects.toMatchObject({ code: "EISDIR" });
});

test("a record that is too large, or too deep, is damaged like any other", async () => {
  const store = new FileStore(folder);
  await mkdir(join(folder, "machines/web"), { recursive: true });
  const path = join(folder, "machines/web/record.json");
  await writeFile(path, "{}");
  await truncate(path, 600 * 2 ** 20);
  const damaged = { code: "store.corrupt", hint: expect.stringContaining("rm -f web") };
  await expect(store.load("web")).rejects.toMatchObject(damaged);
  await writeFile(path, `{"version":1,"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`);
  await expect(store.load("web")).rejects.toMatchObject(damaged);
  expect(() => parseRecord("[]", "@demo", "p")).toThrow("fleet demo");
});

test("data is judged by its depth and its number of values, whatever its shape", () => {
  const nested = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
  expect(isWithinLimits(nested(64))).toBe(true);
  expect(isWithinLimits(nested(65))).toBe(false);
  expect(isWithinLimits(nested(1e6))).toBe(false);
  expect(isWithinLimits(Array(199_999).fill(0))).toBe(true);
  expect(isWithinLimits(Array(200_000).fill(0))).toBe(false);
  expect(isWithinLimits({ a: Array(10).fill({ b: [1, 2] }) }, { values: 40 })).toBe(false);
  for (const value of [null, undefined, 1, "x", {}, []]) expect(isWithinLimits(value)).toBe(true);
});
