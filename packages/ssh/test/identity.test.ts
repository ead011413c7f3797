import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fingerprint, makeKeyPair, publicKeyOf, writeIdentity } from "../src/index.ts";
import { failureOf } from "./support/world.ts";

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "machinist-id-")), "new");
});
afterEach(() => rm(join(dir, ".."), { recursive: true, force: true }));

test("a pair is made once, for its owner alone", async () => {
  const first = await writeIdentity(dir, "web-1");
  expect(await writeIdentity(dir)).toEqual(first);
  expect(first.publicKey).toMatch(/^ssh-ed25519 \S+ web-1$/);
  expect((await stat(first.path)).mode & 0o777).toBe(0o600);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  expect((await readdir(dir)).sort()).toEqual(["id_ed25519", "id_ed25519.pub"]);
});

test("many who start at once get the same pair", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => writeIdentity(dir)));
  expect(new Set(all.map(({ publicKey }) => publicKey)).size).toBe(1);
  expect(publicKeyOf(await readFile(all[0]!.path, "utf8"), "machinist")).toBe(all[0]!.publicKey);
  expect((await readdir(dir)).sort()).toEqual(["id_ed25519", "id_ed25519.pub"]);
});

test("after a crash between the two files, or with another's public key, the private key decides", async () => {
  const { path, publicKey } = await writeIdentity(dir);
  await rm(`${path}.pub`);
  expect((await writeIdentity(dir)).publicKey).toBe(publicKey);
  await writeFile(`${path}.pub`, (await makeKeyPair("stranger")).publicKey);
  await chmod(path, 0o644);
  expect((await writeIdentity(dir)).publicKey).toBe(publicKey);
  expect((await readFile(`${path}.pub`, "utf8")).trim()).toBe(publicKey);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a file that holds no key is never replaced", async () => {
  const { path } = await writeIdentity(dir);
  await writeFile(path, "my only copy");
  expect((await failureOf(writeIdentity(dir))).code).toBe("ssh.key-invalid");
  expect(await readFile(path, "utf8")).toBe("my only copy");
});

test("a folder that cannot be made is said so", async () => {
  await writeFile(dir, "in the way");
  expect((await failureOf(writeIdentity(join(dir, "key")))).code).toBe("ssh.key-write");
});

test("a comment cannot smuggle in a second key", async () => {
  const { publicKey } = await makeKeyPair("a\nssh-ed25519 AAAA evil");
  expect(publicKey.split("\n")).toHaveLength(1);
});

test("a known fingerprint, and lines that are no key", () => {
  const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl github";
  expect(fingerprint(line)).toBe("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
  for (const bad of ["", "ssh-ed25519", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA", "ssh-ed25519 !!!!"])
    expect(() => fingerprint(bad)).toThrowError(/not an OpenSSH public key/);
});
