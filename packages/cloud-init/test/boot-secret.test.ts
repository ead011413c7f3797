import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bootSecretPath, newBootSecret, readBootSecret, writeBootSecret } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-boot-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a secret waits in the machine's folder, for its owner alone, and nothing else is left there", async () => {
  const machine = join(folder, "box");
  const secret = newBootSecret();
  await writeBootSecret(machine, secret);
  expect(await readBootSecret(machine)).toBe(secret);
  expect((await stat(bootSecretPath(machine))).mode & 0o777).toBe(0o600);
  expect((await stat(machine)).mode & 0o777).toBe(0o700);
  expect(await readdir(machine)).toEqual(["boot-secret"]);
});

test("none is undefined; a damaged one is an error that does not repeat it", async () => {
  expect(await readBootSecret(join(folder, "none"))).toBeUndefined();
  await writeFile(bootSecretPath(folder), "half of a sec");
  const failure = await readBootSecret(folder).catch((error: Error & { code: string }) => error);
  expect(failure).toMatchObject({ code: "cloud-init.boot-secret" });
  expect(String((failure as Error).message)).not.toContain("half");
});

test("what cannot be read is an error, not an absence", async () => {
  await rm(folder, { recursive: true });
  await writeBootSecret(folder, newBootSecret());
  await rm(bootSecretPath(folder));
  await mkdir(bootSecretPath(folder));
  await expect(readBootSecret(folder)).rejects.toMatchObject({ code: "cloud-init.boot-secret" });
});

test("what is no secret is not written", async () => {
  await expect(writeBootSecret(folder, "secret")).rejects.toMatchObject({ code: "cloud-init.boot-secret" });
  expect(await readdir(folder)).toEqual([]);
});
