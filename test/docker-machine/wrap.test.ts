import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scene } from "../../packages/docker-machine/test/scene.ts";
import { makeShelf, type Shelf } from "../../packages/driver-plugin/test/shelf.ts";
import { compiled, goName, moduleMissing } from "../go/program.ts";
import { testUnless } from "../skipped.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-wrap-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (env: Record<string, string>) => openMachinist({ storagePath: join(folder, "store"), env });

describe("an old docker-machine with drivers inside of it", () => {
  let shelf: Shelf;
  let old: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    shelf = await makeShelf("TypeScript");
    await mkdir(join(folder, "old programs"));
    old = join(folder, "old programs", "docker-machine");
    // Its azure and google are the tests' own plugin, which asks for no cloud.
    const serves = `case "$MACHINE_PLUGIN_TOKEN$MACHINE_PLUGIN_DRIVER_NAME" in 42azure|42google) exec "${shelf.program}";; esac`;
    await writeFile(old, `#!/bin/sh\n${serves}\necho "Unsupported driver: $MACHINE_PLUGIN_DRIVER_NAME" >&2\nexit 1\n`);
    await chmod(old, 0o755);
    env = { PATH: process.env.PATH ?? "", SHELF_TOKEN: "sesame" };
  });
  afterEach(() => shelf.remove());

  test("gives them as plugins: listed, made with, looked at, removed, and taken out again", async () => {
    await using machinist = await open(env);
    const wrapped = await machinist.wrapDockerMachine(old);
    expect(wrapped).toEqual({
      ...{ program: old, drivers: ["azure", "google"], folder: join(folder, "store", "drivers", "bin") },
    });
    const { options } = await machinist.driver("azure");
    expect(options.properties).toMatchObject({ "shelf-folder": { "x-flag": "shelf-folder", "x-env": "SHELF_FOLDER" } });
    expect((await machinist.driversHere()).map(({ driver }) => driver)).toEqual(
      expect.arrayContaining(["azure", "google"]),
    );
    const made = machinist.create([
      { name: "box", driver: "azure", options: { "shelf-folder": shelf.folder }, engine: false },
    ]);
    expect((await made.result).failures).toEqual([]);
    expect(await machinist.status("box")).toBe("running");
    expect(await shelf.machines()).toHaveLength(1);
    expect((await machinist.remove(["box"]).result).ok).toBe(true);
    expect(await shelf.machines()).toEqual([]);
    await machinist.removeDriver("azure");
    expect(await readdir(wrapped.folder)).toEqual(["docker-machine-driver-google"]);
    await using again = await open(env);
    await expect(again.driver("azure")).rejects.toMatchObject({ code: "driver.unknown" });
  });

  test("are the drop-in's too", async () => {
    const scene = new Scene();
    try {
      await using machinist = await openMachinist({ storagePath: scene.store, env });
      await machinist.wrapDockerMachine(old);
      const help = await scene.run(["create", "-d", "google", "--help"], env);
      expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining("--shelf-folder") });
    } finally {
      await scene.close();
    }
  });

  test.each([["nowhere"], ["store"]])("that is none is refused: %s", async (name) => {
    await mkdir(join(folder, "store"), { recursive: true });
    await using machinist = await open(env);
    await expect(machinist.wrapDockerMachine(join(folder, name))).rejects.toMatchObject({ code: "driver.wrap" });
    await writeFile(join(folder, "other"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    await expect(machinist.wrapDockerMachine(join(folder, "other"))).rejects.toMatchObject({
      code: "driver.wrap",
      message: expect.stringContaining("serves none of azure"),
    });
  });
});

const source = fileURLToPath(new URL("../../packages/driver-plugin/test/plugin/old", import.meta.url));

testUnless(moduleMissing(source), `docker-machine's own hyperv and softlayer, compiled by ${goName}`, async () => {
  const old = join(folder, "docker-machine");
  await symlink(await compiled(source), old);
  await using machinist = await open({ PATH: process.env.PATH ?? "" });
  expect((await machinist.wrapDockerMachine(old)).drivers).toEqual(["hyperv", "softlayer"]);
  const hyperv = await machinist.driver("hyperv");
  expect(hyperv.options.properties.memory).toMatchObject({ type: "integer", "x-env": "HYPERV_MEMORY" });
  const softlayer = await machinist.driver("softlayer");
  expect(softlayer.options.properties.user).toMatchObject({ "x-env": "SOFTLAYER_USER" });
  expect(softlayer.credentials).toMatchObject({ "api-key": { env: "SOFTLAYER_API_KEY" } });
});
