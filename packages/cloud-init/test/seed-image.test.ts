import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless, type Lack, unlessRoot } from "../../../test/skipped.ts";
import { type Seed, seedImage } from "../src/index.ts";

const seed: Seed = {
  userData: `#cloud-config\n# ${"x".repeat(5000)}\n`,
  metaData: { instanceId: "i-1", localHostname: "box", publicKeys: ["ssh-ed25519 AAAA k"], colour: "ünder: a #1" },
  networkConfig: "version: 2\n",
};
const metaData =
  'instance-id: "i-1"\nlocal-hostname: "box"\npublic-keys: ["ssh-ed25519 AAAA k"]\ncolour: "ünder: a #1"\n';
const files = { "meta-data": metaData, "network-config": "version: 2\n", "user-data": seed.userData };

const without = (program: string): Lack =>
  ["/usr/sbin", "/usr/bin", "/bin", "/usr/local/bin"].some((at) => existsSync(join(at, program)))
    ? undefined
    : `there is no ${program} here`;

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-seed-"));
  path = join(folder, "seed.iso");
  await writeFile(path, seedImage(seed), { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true }));

const readBack = (name: string) => readFileSync(join(folder, name), "utf8");
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

test("the same seed is the same disc, byte for byte, on every computer", () => {
  const digest = createHash("sha256").update(seedImage(seed)).digest("hex");
  expect(digest).toBe("abb1606f47e2202618ec8121c6f3399fc71307b7cc0f36a94e92bf1cce0773ce");
  expect(seedImage(seed).length % 2048).toBe(0);
});

test("without a network configuration there is no such file", () => {
  const { networkConfig: _, ...without } = seed;
  expect(Buffer.from(seedImage(without)).toString("latin1")).not.toContain("NETWORK_");
});

describeUnless(without("isoinfo"), "isoinfo", () => {
  test("finds the label, Joliet and each file whole", () => {
    expect(run("isoinfo", "-d", "-i", path)).toMatch(/Volume id: cidata[\s\S]*Joliet with UCS level 3/);
    for (const [name, content] of Object.entries(files))
      expect(run("isoinfo", "-J", "-i", path, "-x", `/${name}`)).toBe(content);
    expect(run("isoinfo", "-i", path, "-x", "/USER_DAT.;1")).toBe(files["user-data"]);
  });
});

describeUnless(without("xorriso"), "xorriso", () => {
  test("reads the tree without a complaint", () => {
    execFileSync(
      "xorriso",
      [
        "-read_fs",
        "norock",
        "-abort_on",
        "WARNING",
        "-osirrox",
        "on",
        "-indev",
        path,
        "-extract",
        "/",
        join(folder, "out"),
      ],
      {
        stdio: "ignore",
      },
    );
    for (const [name, content] of Object.entries(files)) expect(readBack(join("out", name))).toBe(content);
  });
});

const knows = existsSync("/proc/filesystems") && readFileSync("/proc/filesystems", "utf8").includes("iso9660");
const mountable = knows && existsSync("/dev/loop-control");
const noMount = unlessRoot("mount a disc") ?? (mountable ? undefined : "this kernel has no loop devices or no iso9660");
describeUnless(noMount, "the kernel", () => {
  test("mounts it and shows the names that cloud-init looks for", async () => {
    const at = await mkdtemp(join(folder, "mnt-"));
    execFileSync("mount", ["-t", "iso9660", "-o", "loop,ro", path, at]);
    try {
      for (const [name, content] of Object.entries(files)) expect(readFileSync(join(at, name), "utf8")).toBe(content);
    } finally {
      execFileSync("umount", [at]);
    }
  });
});

describeUnless(without("blkid"), "blkid", () => {
  test("sees what cloud-init asks it for", () => {
    expect(run("blkid", "-p", "-o", "export", path)).toMatch(/LABEL=cidata\n[\s\S]*TYPE=iso9660\n/);
  });
});
