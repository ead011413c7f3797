import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

test("a package of the folder that one works in, or above the store, is not loaded by any name, list or check", async () => {
  const ran = join(folder, "ran");
  const hostile = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(ran)}, ""); ${driver}`;
  const before = process.cwd();
  for (const [specifier, name] of [
    ["@machinist/driver-toy", "toy"],
    ["machinist-driver-toy", "toy"],
    ["@machinist/driver-linode", "linode"],
  ] as const) {
    const path = join(folder, "node_modules", specifier);
    await mkdir(path, { recursive: true });
    await writeFile(
      join(path, "package.json"),
      JSON.stringify({ name: specifier, type: "module", exports: "./index.js" }),
    );
    await writeFile(join(path, "index.js"), hostile.replace('"toy"', JSON.stringify(name)));
  }
  const below = join(folder, "project", "deep");
  await mkdir(below, { recursive: true });
  process.chdir(below);
  try {
    // The store lies below such a folder, too.
    await using machinist = await opened();
    await expect(machinist.driver("toy")).rejects.toMatchObject({ code: "driver.unknown" });
    await expect(machinist.driver("linode")).rejects.toMatchObject({ code: "driver.unknown" });
    const request = { name: "box", driver: "toy", engine: false as const };
    await expect(machinist.create([request]).result).rejects.toMatchObject({ code: "driver.unknown" });
    expect((await machinist.drivers()).map(({ name }) => name)).not.toContain("toy");
    expect(existsSync(ran)).toBe(false);
  } finally {
    process.chdir(before);
  }
});
