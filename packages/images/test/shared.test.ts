import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { checkImage, fetchImage, imageInCache } from "../src/index.ts";
import { qcow2, sha256 } from "./disk-files.ts";
import { FileServer } from "./server.ts";

const server = new FileServer();
const top = mkdtempSync(join(tmpdir(), "machinist-images-shared-"));
const disk = qcow2();
const call = { signal: new AbortController().signal, progress: () => {}, log: () => {} };
let folder: string;

beforeAll(() => server.listen());
afterAll(async () => {
  await server.close();
  rmSync(top, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(top, "case-"));
  server.files.set("/disk.img", { body: disk });
  server.requests.length = 0;
});

const source = () => ({ from: server.url("/disk.img"), checksum: sha256(disk) });
const store = (name: string) => join(folder, name, "cache", "images");
const shared = () => join(folder, "user", "images");
const fetched = () => server.requests.filter((request) => request.startsWith("/disk.img")).length;

test("two stores have one fetch, and what a machine stands on stays when the user's cache is emptied", async () => {
  const [one, two] = await Promise.all(["one", "two"].map((name) => fetchImage(source(), store(name), call, shared())));
  expect(fetched()).toBe(1);
  expect(one!.path.startsWith(store("one"))).toBe(true);
  // On one file system it takes its place once.
  expect(statSync(one!.path).ino).toBe(statSync(two!.path).ino);
  expect(statSync(shared()).mode & 0o777).toBe(0o700);
  rmSync(shared(), { recursive: true });
  expect(await imageInCache(source(), store("one"))).toEqual(one);
  expect(await fetchImage(source(), store("two"), call, shared())).toEqual(two);
  expect(fetched()).toBe(1);
  expect(
    [...readdirSync(store("one")), ...readdirSync(store("two"))].filter((name) => /^\.|part$|new$/.test(name)),
  ).toEqual([]);
});

test("what a store has already is used as it is", async () => {
  const before = await fetchImage(source(), store("old"), call);
  expect(await fetchImage(source(), store("old"), call, shared())).toEqual(before);
  expect(() => statSync(shared())).toThrow();
});

test("what is damaged in the user's cache is had again", async () => {
  await fetchImage(source(), store("one"), call, shared());
  const { path } = (await imageInCache(source(), shared()))!;
  // Not the file that the first store has: another one in its place.
  rmSync(dirname(path), { recursive: true });
  await fetchImage(source(), shared(), call);
  chmodSync(path, 0o600);
  truncateSync(path, 100);
  await checkImage(source(), store("two"), call.signal, shared());
  const two = await fetchImage(source(), store("two"), call, shared());
  expect(statSync(two.path).size).toBe(disk.length);
  expect(fetched()).toBe(3);
});

test("a folder that others may write to, or that cannot be one, is no cache", async () => {
  mkdirSync(shared(), { recursive: true });
  chmodSync(shared(), 0o777);
  await fetchImage(source(), store("one"), call, shared());
  expect(readdirSync(shared())).toEqual([]);
  const image = await fetchImage(source(), store("two"), call, "/dev/null/images");
  expect(image.path.startsWith(store("two"))).toBe(true);
});
