import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { digestIn, parseChecksum } from "../src/checksum.ts";
import { bootstrapArgv } from "../src/debian-build.ts";
import { recipeOf } from "../src/debian-recipe.ts";
import { checkImage, imageInCache, inspectDisk } from "../src/index.ts";
import { qcow2, rawDisk, sha256 } from "./disk-files.ts";

const folder = mkdtempSync(join(tmpdir(), "machinist-images-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const signal = new AbortController().signal;
const file = (name: string, content: Uint8Array | string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test.each([
  ["http://images.example.com/disk.img", "images.insecure"],
  ["ftp://images.example.com/disk.img", "images.insecure"],
  ["http://127.0.0.1.example.com/disk.img", "images.insecure"],
  ["disk.img", "images.source"],
  ["", "images.source"],
  ["debian:sarge", "images.source"],
  ["/nowhere/disk.img", "images.missing"],
  [tmpdir(), "images.missing"],
])("%j is refused with %s before anything is asked", async (from, code) => {
  await expect(checkImage({ from }, folder, signal)).rejects.toMatchObject({ code, hint: expect.stringMatching(/\w/) });
});

test("a secret in a URL is in no error", async () => {
  for (const from of [
    "https://user:hunter2@images.example.com/disk.img",
    "http://images.example.com/?token=hunter2",
    "x?hunter2",
  ])
    await expect(checkImage({ from }, folder, signal)).rejects.toSatisfy((error) => !String(error).includes("hunter2"));
});

test("packages are names, not options or shell", async () => {
  for (const name of ["--include=x", "docker.io,x", "a b", "$(id)"])
    await expect(imageInCache({ from: "debian:trixie", packages: [name] }, folder)).rejects.toMatchObject({
      code: "images.source",
    });
});

test("a file is judged before anything is made of it", async () => {
  const whole = file("whole.qcow2", qcow2());
  await checkImage({ from: whole, checksum: sha256(qcow2()) }, folder, signal);
  const wrong = checkImage({ from: whole, checksum: sha256(rawDisk()) }, folder, signal);
  await expect(wrong).rejects.toMatchObject({ code: "images.checksum" });
  const unclear = checkImage({ from: whole, checksum: "md5:abc" }, folder, signal);
  await expect(unclear).rejects.toMatchObject({ code: "images.checksum-form" });
});

test.each([
  ["gzip", Buffer.from("1f8b0800", "hex"), "images.format", /gunzip/],
  ["xz", Buffer.from("fd377a585a00", "hex"), "images.format", /unxz/],
  ["VMDK", "KDMV1234", "images.format", /qemu-img convert/],
  ["VDI", "<<< Oracle VM VirtualBox Disk Image >>>", "images.format", /qemu-img convert/],
  ["text", "hello".padEnd(600), "images.format", /cloud images/],
  ["nothing", "", "images.format", /cloud images/],
  ["raw with half a sector", rawDisk(1000), "images.truncated", /again/],
  ["qcow2 of a header alone", qcow2().subarray(0, 512), "images.truncated", /again/],
  ["qcow2 without its second table", qcow2().subarray(0, 0x30000), "images.truncated", /again/],
  ["qcow2 without its data", qcow2().subarray(0, 0x40000), "images.truncated", /again/],
])("%s is found out", async (name, content, code, hint) => {
  const path = file(name.replaceAll(" ", "-"), content);
  await expect(inspectDisk(path)).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
});

test("a disk tells how large it is", async () => {
  expect(await inspectDisk(file("a", qcow2()))).toEqual({ format: "qcow2", virtualBytes: 16 * 2 ** 20 });
  expect(await inspectDisk(file("b", rawDisk()))).toEqual({ format: "raw", virtualBytes: 4096 });
});

test("checksums are read in their usual forms", () => {
  const [short, long] = ["a".repeat(64), "B".repeat(128)];
  expect(parseChecksum(short)).toEqual({ algorithm: "sha256", hex: short });
  expect(parseChecksum(`sha512:${long}`)).toEqual({ algorithm: "sha512", hex: "b".repeat(128) });
  expect(parseChecksum("https://a.example/SHA512SUMS")).toMatchObject({ algorithm: "sha512" });
  for (const bad of ["sha256:abc", `sha512:${short}`, "https://a.example/sums", "sha1:".padEnd(45, "0")])
    expect(() => parseChecksum(bad)).toThrowError(/is not a checksum/);
  const list = `${short}  disk.img\n${short.replaceAll("a", "c")} *./other.img\nSHA256 (bsd.img) = ${"d".repeat(64)}\n`;
  expect(digestIn(list, "disk.img", "sha256")).toBe(short);
  expect(digestIn(list, "other.img", "sha256")).toBe("c".repeat(64));
  expect(digestIn(list, "bsd.img", "sha256")).toBe("d".repeat(64));
  expect(digestIn(list, "isk.img", "sha256")).toBeUndefined();
});

test("a recipe is the same for the same packages in any order, and names its own root", () => {
  const [one, other] = [
    recipeOf("trixie", { packages: ["b", "a"] }),
    recipeOf("trixie", { packages: ["a", "b", "a"] }),
  ];
  expect(one).toEqual(other);
  const different = recipeOf("trixie", { packages: ["a"] });
  expect(different.uuid).not.toBe(one.uuid);
  expect(one.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const path of ["etc/fstab", "var/lib/machinist-boot/grub.cfg"])
    expect(one.files.find((each) => each.path === path)?.content).toContain(`UUID=${one.uuid}`);
  expect(bootstrapArgv("trixie", one, "").at(-1)).toBe("tree.tar");
  expect(bootstrapArgv("trixie", one, "https://mirror.example/debian").at(-1)).toBe("https://mirror.example/debian");
});
