import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchImage, type ImageSource, imageInCache } from "../src/index.ts";
import { qcow2, rawDisk, sha256 } from "./disk-files.ts";
import { FileServer } from "./server.ts";

let server: FileServer;
let folder: string;
beforeEach(async () => {
  server = new FileServer();
  await server.listen();
  folder = mkdtempSync(join(tmpdir(), "machinist-images-"));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const disk = qcow2();
const call = (signal = new AbortController().signal) => {
  const seen: number[][] = [];
  return {
    seen,
    signal,
    log: () => {},
    progress: (done: number, total?: number) => void seen.push([done, total ?? -1]),
  };
};
const fetched = (source: ImageSource) => fetchImage(source, folder, call());
const serve = (path: string, body: Buffer, more: object = {}) => server.files.set(path, { body, ...more });
const sums = (name: string, body: Buffer) => Buffer.from(`${sha256(body)}  ${name}\n${"0".repeat(64)}  other.img\n`);

test("an image is fetched once, verified by the list beside it, with progress, and nobody may write to it", async () => {
  serve("/debian/disk.qcow2", disk);
  serve("/debian/SHA256SUMS", sums("disk.qcow2", disk));
  const source = { from: server.url("/debian/disk.qcow2") };
  expect(await imageInCache(source, folder)).toBeUndefined();
  const watched = call();
  const image = await fetchImage(source, folder, watched);
  expect(image).toMatchObject({ bytes: disk.length, format: "qcow2", digest: `sha256:${sha256(disk)}` });
  expect(readFileSync(image.path).equals(disk)).toBe(true);
  expect(statSync(image.path).mode & 0o222).toBe(0);
  expect(watched.seen.at(-1)).toEqual([disk.length, disk.length]);
  const before = server.requests.length;
  expect(await fetched(source)).toEqual(image);
  expect(await imageInCache(source, folder)).toEqual(image);
  expect(server.requests).toHaveLength(before);
});

test("a transfer that was cut off goes on where it ended", async () => {
  serve("/disk.img", disk, { etag: '"1"', cutAfter: 200_000 });
  const source = { from: server.url("/disk.img"), checksum: `sha256:${sha256(disk)}` };
  await expect(fetched(source)).rejects.toMatchObject({ code: "images.interrupted", retryable: true });
  serve("/disk.img", disk, { etag: '"1"' });
  await fetched(source);
  const second = /bytes=(\d+)-/.exec(server.requests[1] ?? "");
  expect(Number(second?.[1])).toBeGreaterThan(0);
  expect(server.requests).toHaveLength(2);
});

test("what became another file meanwhile is fetched from its beginning", async () => {
  serve("/disk.img", qcow2(0x42), { etag: '"old"', cutAfter: 200_000 });
  const source = { from: server.url("/disk.img"), checksum: sha256(disk) };
  await expect(fetched(source)).rejects.toMatchObject({ code: "images.interrupted" });
  serve("/disk.img", disk, { etag: '"new"' });
  const image = await fetched(source);
  expect(readFileSync(image.path).equals(disk)).toBe(true);
  expect(server.requests.at(-1)).toBe("/disk.img");
});

test("a part that is longer than the file is given up", async () => {
  serve("/disk.img", Buffer.concat([disk, disk]), { etag: '"old"', cutAfter: disk.length + 5000 });
  const source = { from: server.url("/disk.img"), checksum: sha256(disk) };
  await expect(fetched(source)).rejects.toMatchObject({ code: "images.interrupted" });
  serve("/disk.img", disk, { etag: '"new"' });
  expect((await fetched(source)).bytes).toBe(disk.length);
});

test("another file than the checksum's is refused and not kept", async () => {
  serve("/disk.img", qcow2(0x42));
  const source = { from: server.url("/disk.img"), checksum: sha256(disk) };
  await expect(fetched(source)).rejects.toMatchObject({ code: "images.checksum", retryable: false });
  expect(files(folder)).toEqual([]);
  serve("/disk.img", disk);
  expect((await fetched(source)).digest).toBe(`sha256:${sha256(disk)}`);
});

test("a disk whose end is missing is refused, though its checksum is right", async () => {
  const short = disk.subarray(0, disk.length - 0x10000);
  serve("/disk.img", short);
  await expect(fetched({ from: server.url("/disk.img"), checksum: sha256(short) })).rejects.toMatchObject({
    code: "images.truncated",
  });
  expect(files(folder)).toEqual([]);
});

test("what is no disk at all is refused", async () => {
  const page = Buffer.from("<!DOCTYPE html>".padEnd(1024));
  serve("/disk.img", page);
  await expect(fetched({ from: server.url("/disk.img"), checksum: sha256(page) })).rejects.toMatchObject({
    code: "images.format",
  });
});

test("a redirect is followed, but not to where anybody could answer", async () => {
  serve("/disk.img", disk);
  serve("/latest.img", Buffer.alloc(0), { location: "/disk.img" });
  expect((await fetched({ from: server.url("/latest.img"), checksum: sha256(disk) })).bytes).toBe(disk.length);
  serve("/astray.img", Buffer.alloc(0), { location: "http://images.example.com/disk.img" });
  const astray = { from: server.url("/astray.img"), checksum: sha256(disk) };
  await expect(fetched(astray)).rejects.toMatchObject({ code: "images.insecure" });
  serve("/loop.img", Buffer.alloc(0), { location: "/loop.img" });
  const loop = { from: server.url("/loop.img"), checksum: sha256(disk) };
  await expect(fetched(loop)).rejects.toMatchObject({ code: "images.http" });
});

test("without a checksum nothing that came over a network is believed", async () => {
  serve("/disk.img", disk);
  await expect(fetched({ from: server.url("/disk.img") })).rejects.toMatchObject({ code: "images.unverified" });
  serve("/SHA512SUMS", sums("disk.img", disk)); // digests of the wrong length
  await expect(fetched({ from: server.url("/disk.img") })).rejects.toMatchObject({ code: "images.unverified" });
  serve("/list-sha256", sums("another.img", disk));
  const source = { from: server.url("/disk.img"), checksum: server.url("/list-sha256") };
  await expect(fetched(source)).rejects.toMatchObject({ code: "images.unlisted" });
  serve("/list-sha256", sums("disk.img", disk));
  expect((await fetched(source)).bytes).toBe(disk.length);
});

test.each([
  [404, "images.not-found", false, undefined],
  [403, "images.http", false, 7000],
  [503, "images.http", true, 7000],
  [429, "images.http", true, 7000],
])("status %i is %s", async (status, code, retryable, retryAfterMs) => {
  serve("/disk.img", disk, { status });
  const source = { from: server.url("/disk.img"), checksum: sha256(disk) };
  await expect(fetched(source)).rejects.toMatchObject({ code, retryable, retryAfterMs });
});

test("a server that is not there can be asked again", async () => {
  const source = { from: server.url("/disk.img"), checksum: sha256(disk) };
  await server.close();
  await expect(fetched(source)).rejects.toMatchObject({ code: "images.interrupted", retryable: true });
});

test("a cancelled transfer ends at once, and keeps what it has", async () => {
  serve("/disk.img", disk, { etag: '"1"', stopAfter: 100_000 });
  const source = { from: server.url("/disk.img"), checksum: sha256(disk) };
  const controller = new AbortController();
  const watched = call(controller.signal);
  const running = fetchImage(source, folder, watched);
  await expect.poll(() => watched.seen.at(-1)?.[0] ?? 0, { interval: 5 }).toBeGreaterThanOrEqual(100_000);
  controller.abort();
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  serve("/disk.img", disk, { etag: '"1"' });
  await fetched(source);
  expect(server.requests.at(-1)).toBe("/disk.img bytes=100000-");
});

test("a file of the user's is copied, and is another image after it was changed", async () => {
  const path = join(folder, "own.raw");
  writeFileSync(path, rawDisk());
  const first = await fetched({ from: path });
  expect(first).toMatchObject({ format: "raw", bytes: 4096 });
  expect(first.path).not.toBe(path);
  writeFileSync(path, rawDisk(8192));
  const second = await fetched({ from: path });
  expect(second.path).not.toBe(first.path);
  expect(statSync(first.path).size).toBe(4096);
});

test("an image in the cache that lost its end is not handed out", async () => {
  const path = join(folder, "own.raw");
  writeFileSync(path, rawDisk());
  const image = await fetched({ from: path });
  rmSync(image.path);
  writeFileSync(image.path, "short");
  await expect(imageInCache({ from: path }, folder)).rejects.toMatchObject({ code: "images.truncated" });
});

/** All files of a cache, whole or in part. */
const files = (top: string): string[] =>
  readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
