import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "@machinist/programs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { checkImage, fetchImage, imageInCache, inspectDisk } from "../src/index.ts";
import { qcow2, rawDisk, sha256 } from "./disk-files.ts";
import { FileServer } from "./server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-qcow2-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const call = { signal, log: () => {}, progress: () => {} };

/** A whole image with something in its header that is not in others'. */
function having(change: (file: Buffer) => void): Buffer {
  const file = qcow2();
  file.writeUInt32BE(104, 100);
  change(file);
  return file;
}
const feature = (bit: number) => (file: Buffer) => void file.writeBigUInt64BE(1n << BigInt(bit), 72);
/** A header extension that names something, at the end of the header. */
const extension = (type: number, data: string) => (file: Buffer) => {
  file.writeUInt32BE(type, 104);
  file.writeUInt32BE(data.length, 108);
  file.write(data, 112);
};
const both = (...changes: ((file: Buffer) => void)[]) =>
  having((file) => {
    for (const each of changes) each(file);
  });

const refused: readonly (readonly [what: string, file: Buffer, says: RegExp])[] = [
  ["its data in another file", both(feature(2), extension(0x44415441, "/etc/shadow")), /another file/],
  ["another file named for its data", having(extension(0x44415441, "/etc/shadow")), /another file/],
  ["a file that it stands on", having((file) => file.writeBigUInt64BE(512n, 8)), /another file/],
  ["the name of a file that it stands on", having((file) => file.writeUInt32BE(8, 16)), /another file/],
  ["AES", having((file) => file.writeUInt32BE(1, 32)), /encrypted/],
  ["LUKS", having((file) => file.writeUInt32BE(2, 32)), /encrypted/],
  ["a header for encryption", having(extension(0x0537be77, "x".repeat(16))), /encrypted/],
  ["a mark that it is damaged", having(feature(1)), /damaged/],
  ["a feature that nobody knows yet", having(feature(5)), /feature/],
  ["the last feature that there can be", having(feature(63)), /feature/],
  ["a header longer than its first cluster", having((file) => file.writeUInt32BE(1 << 20, 100)), /no disk/],
  [
    "an extension that ends nowhere",
    having((file) => file.writeUInt32BE(0x6803f857, 104) && file.writeUInt32BE(0xffffffff, 108)),
    /no disk/,
  ],
];

for (const [what, file, says] of refused)
  test(`a disk with ${what} is refused wherever it comes from, and not kept`, async () => {
    const path = join(folder, "evil.qcow2");
    writeFileSync(path, file);
    const error = { code: "images.format", message: expect.stringMatching(says) };
    await expect(inspectDisk(path)).rejects.toMatchObject(error);
    await expect(checkImage({ from: path }, join(folder, "cache"), signal)).rejects.toMatchObject(error);
    await expect(fetchImage({ from: path }, join(folder, "cache"), call)).rejects.toMatchObject(error);
    const server = new FileServer();
    await server.listen();
    try {
      server.files.set("/evil.qcow2", { body: file });
      const source = { from: server.url("/evil.qcow2"), checksum: `sha256:${sha256(file)}` };
      await expect(fetchImage(source, join(folder, "cache"), call)).rejects.toMatchObject(error);
      expect(await imageInCache(source, join(folder, "cache"))).toBeUndefined();
    } finally {
      await server.close();
    }
  });

test("what is in the cache already is looked at again: a version before took others", async () => {
  const path = join(folder, "good.qcow2");
  writeFileSync(path, qcow2());
  const cached = await fetchImage({ from: path }, join(folder, "cache"), call);
  chmodSync(cached.path, 0o600);
  const evil = having(feature(2));
  writeFileSync(cached.path, evil);
  const error = { code: "images.format" };
  await expect(imageInCache({ from: path }, join(folder, "cache"))).rejects.toMatchObject(error);
  await expect(fetchImage({ from: path }, join(folder, "cache"), call)).rejects.toMatchObject(error);
  await expect(checkImage({ from: path }, join(folder, "cache"), signal)).rejects.toMatchObject(error);
});

test.each([
  ["not closed in order", having(feature(0))],
  ["compressed with zstd", having(feature(3))],
  ["with notes", having(extension(0x6803f857, "a name for each feature"))],
  ["of version 2", having((file) => void file.writeUInt32BE(2, 4))],
])("a disk %s is taken", async (_what, file) => {
  const path = join(folder, "disk.qcow2");
  writeFileSync(path, file);
  expect(await inspectDisk(path)).toMatchObject({ format: "qcow2", virtualBytes: 16 * 2 ** 20 });
});

test.each([
  ["# Disk DescriptorFile\n", /VMDK/],
  ["COWD", /VMDK/],
  ["conectix", /VHD/],
  ["QED\0", /QED/],
])("%j at the beginning is no raw disk, whatever stands at the end of the sector", async (magic, named) => {
  const file = rawDisk();
  file.write(magic, "latin1");
  const path = join(folder, "disk.raw");
  writeFileSync(path, file);
  await expect(inspectDisk(path)).rejects.toMatchObject({
    code: "images.format",
    message: expect.stringMatching(named),
  });
});

testUnless(
  findProgram("qemu-img") ? undefined : "qemu-img is not here",
  "so it is with what QEMU itself makes",
  async () => {
    const image = (...args: string[]) => execFileSync("qemu-img", args, { cwd: folder });
    const at = (name: string) => join(folder, name);
    image("create", "-q", "-f", "qcow2", "-o", "extended_l2=on,cluster_size=128k", "extended.qcow2", "8G");
    writeFileSync(at("data"), Buffer.alloc(8 * 2 ** 20, 7));
    image("convert", "-f", "raw", "-O", "qcow2", "-o", "extended_l2=on,cluster_size=128k", "data", "extended.qcow2");
    expect(await inspectDisk(at("extended.qcow2"))).toMatchObject({ virtualBytes: 8 * 2 ** 20 });
    image("convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "compression_type=zstd", "data", "zstd.qcow2");
    expect(await inspectDisk(at("zstd.qcow2"))).toMatchObject({ virtualBytes: 8 * 2 ** 20 });
    const cut = readFileSync(at("extended.qcow2"));
    writeFileSync(at("cut.qcow2"), cut.subarray(0, cut.length - 4 * 2 ** 20));
    await expect(inspectDisk(at("cut.qcow2"))).rejects.toMatchObject({ code: "images.truncated" });

    writeFileSync(at("secret"), Buffer.alloc(2 ** 20, 0x41));
    image("create", "-q", "-f", "qcow2", "-o", `data_file=${at("secret")},data_file_raw=on`, "reads.qcow2", "1M");
    image("create", "-q", "-f", "qcow2", "-b", "data", "-F", "raw", "stands.qcow2");
    const key = [
      "--object",
      "secret,id=key,data=abc",
      "-o",
      "encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10",
    ];
    await expect
      .poll(() => measured(() => image("create", "-q", "-f", "qcow2", ...key, "luks.qcow2", "1M")))
      .toBe(true);
    for (const name of ["reads", "stands", "luks"]) {
      await expect(inspectDisk(at(`${name}.qcow2`)), name).rejects.toMatchObject({ code: "images.format" });
      expect(existsSync(at(`${name}.qcow2`))).toBe(true);
    }
  },
);

/** Whether it was done: qemu-img measures how fast the processor hashes, and gives up where others use it too much for that. */
function measured(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (thrown) {
    if (!String(thrown).includes("Unable to get accurate CPU usage")) throw thrown;
    return false;
  }
}
