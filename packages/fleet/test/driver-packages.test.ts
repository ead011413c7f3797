import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-drivers-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A package that npm takes from its folder, so that no registry is asked. */
async function packageOf(name: string, code: string): Promise<string> {
  const path = await mkdtemp(join(folder, "package-"));
  const manifest = { name, version: "1.2.3", type: "module", exports: "./index.js" };
  await writeFile(join(path, "package.json"), JSON.stringify(manifest));
  await writeFile(join(path, "index.js"), code);
  return path;
}

const driver = `export default {
  name: "toy", description: "A toy",
  options: { type: "object", additionalProperties: false, properties: {} },
  create: () => ({ name: "toy", kinds: {}, plan: () => [] }),
};`;

const opened = () =>
  openMachinist({
    storagePath: join(folder, "store"),
    env: { PATH: process.env.PATH, HOME: folder, npm_config_offline: "true" },
  });

test("a driver is added to the store from a folder, found from then on, and removed again", async () => {
  await using machinist = await opened();
  const path = await packageOf("machinist-driver-toy", driver);
  expect(await machinist.addDriver(path)).toEqual(["toy"]);
  await using again = await opened();
  expect(await again.driver("toy")).toMatchObject({ name: "toy", description: "A toy" });
  expect((await again.drivers()).map(({ name }) => name)).toContain("toy");
  await again.removeDriver("toy");
  await using gone = await opened();
  await expect(gone.driver("toy")).rejects.toMatchObject({ code: "driver.unknown" });
  await expect(gone.removeDriver("toy")).rejects.toMatchObject({ code: "driver.not-added" });
});

test("a package that is no driver is not kept", async () => {
  await using machinist = await opened();
  const listed = async () =>
    JSON.parse(await readFile(join(folder, "store/drivers/package.json"), "utf8")).dependencies ?? {};
  const broken = await packageOf("machinist-driver-broken", "export default 1;");
  await expect(machinist.addDriver(broken)).rejects.toMatchObject({ code: "driver.broken" });
  expect(await listed()).toEqual({});
  const other = await packageOf("something-else", driver);
  await expect(machinist.addDriver(other)).rejects.toMatchObject({ code: "driver.broken" });
  expect(await listed()).toEqual({});
  await expect(machinist.addDriver(join(folder, "nowhere"))).rejects.toMatchObject({ code: "driver.not-found" });
});
