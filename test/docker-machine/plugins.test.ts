import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scene } from "../../packages/docker-machine/test/scene.ts";
import { makeShelf, type Shelf } from "../../packages/driver-plugin/test/shelf.ts";

let scene: Scene;
let shelf: Shelf;
let env: Record<string, string>;
beforeEach(async () => {
  scene = new Scene();
  shelf = await makeShelf("TypeScript");
  env = { PATH: `${shelf.bin}:${process.env.PATH}` };
});
afterEach(async () => {
  await scene.close();
  await shelf.remove();
});

const configFile = (name: string) => join(scene.store, "machines", name, "config.json");

/** A machine of the plugin as docker-machine keeps it: with all that the plugin needs, its secrets too. */
function kept(name: string, more: object = {}): void {
  const folder = join(scene.store, "machines", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(shelf.folder, { recursive: true });
  writeFileSync(join(shelf.folder, `${name}-1.json`), JSON.stringify({ state: 1, name, size: 1, key: "" }));
  const Driver = {
    ...{ IPAddress: "127.0.0.1", MachineName: name, SSHUser: "shelf", SSHPort: 2222, StorePath: scene.store },
    ...{ SSHKeyPath: join(folder, "id_rsa"), Folder: shelf.folder, Id: `${name}-1`, Token: "sesame", Size: 1 },
    ...{ Manner: "good", Account: { ApiKey: "open up" }, SSHPassword: "tcuser", ...more },
  };
  const HostOptions = { EngineOptions: {}, SwarmOptions: {}, AuthOptions: { StorePath: folder } };
  writeFileSync(
    configFile(name),
    JSON.stringify({ ConfigVersion: 3, Driver, DriverName: "shelf", HostOptions, Name: name }),
  );
}

describe("a store of docker-machine's with a plugin's secrets in it", () => {
  test("is looked at with them, as long as nothing is done to a machine", async () => {
    kept("box");
    const before = readFileSync(configFile("box"), "utf8");
    expect(await scene.run(["status", "box"], env)).toMatchObject({ code: 0, stdout: "Running\n", stderr: "" });
    const listed = await scene.run(["ls", "--format", "{{.Name}} {{.State}} {{.Error}}"], env);
    expect(listed.stdout).toMatch(/^box Running (?!.*secret)/);
    expect(readFileSync(configFile("box"), "utf8")).toBe(before);
  });

  test("does what is asked with them once more; from then on they come from a variable that is named", async () => {
    kept("box");
    const stopped = await scene.run(["stop", "box"], env);
    expect(stopped).toMatchObject({ code: 0, stderr: "" });
    expect(stopped.stdout).toContain("set SHELF_TOKEN from now on");
    const everything = readdirSync(scene.store, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
      .join("\n");
    expect(everything).not.toContain("sesame");
    expect(everything).not.toContain("open up");
    expect(everything).toContain("tcuser");
    for (const words of [
      ["status", "box"],
      ["start", "box"],
      ["rm", "-y", "box"],
    ])
      expect(await scene.run(words, env)).toMatchObject({ code: 1, stderr: expect.stringContaining("SHELF_TOKEN") });
    const row = await scene.run(["ls", "--format", "{{.Error}}"], env);
    expect(row.stdout).toContain("SHELF_TOKEN");
    expect(await shelf.machines()).toHaveLength(1);
    const given = { ...env, SHELF_TOKEN: "sesame" };
    expect(await scene.run(["status", "box"], given)).toMatchObject({ code: 0, stdout: "Stopped\n" });
    expect(await scene.run(["rm", "-y", "box"], given)).toMatchObject({ code: 0, stderr: "" });
    expect(await shelf.machines()).toEqual([]);
  });

  test("is removed with them at once", async () => {
    kept("box");
    expect(await scene.run(["rm", "-y", "box"], env)).toMatchObject({ code: 0, stderr: "" });
    expect(await shelf.machines()).toEqual([]);
    expect(readdirSync(join(scene.store, "machines"))).toEqual([]);
  });
});

/** A driver of this name is among the examples here, as qemu and nspawn are among our own: the plugin is another one. */
describe("a plugin that has the name of a driver here", () => {
  const create = () => [
    ...["create", "-d", "shelf", "--shelf-folder", shelf.folder, "--shelf-token", "sesame"],
    ...["--shelf-size", "0", "box"],
  ];

  test("is what docker-machine means: by its flags, and in its store", async () => {
    const help = await scene.run(["create", "-d", "shelf", "--help"], env);
    expect(help.stdout).toContain("--shelf-glossy");
    expect(await scene.run(create(), env)).toMatchObject({
      ...{ code: 1, stdout: expect.not.stringContaining("pre-create") },
      stderr: "Error setting machine configuration from flags provided: --shelf-size must be 1 or more\n",
    });
    kept("old");
    await using machinist = await openMachinist({ storagePath: scene.store, env: { ...env, SHELF_TOKEN: "sesame" } });
    expect(await machinist.info("old")).toMatchObject({ driver: "docker-machine-driver-shelf" });
    expect(await machinist.status("old")).toBe("running");
    expect((await machinist.lease(["old"], 3_600_000).result).ok).toBe(true);
    // Other programs know it by its own name still.
    expect(JSON.parse(readFileSync(configFile("old"), "utf8")).DriverName).toBe("shelf");
    const listed = await scene.run(["ls", "--format", "{{.Name}} {{.DriverName}} {{.State}}"], env);
    expect(listed.stdout).toMatch(/^old shelf /);
  });

  test("is reached by the whole name of its program, and listed by it", async () => {
    await using machinist = await openMachinist({ storagePath: scene.store, env });
    expect(Object.keys((await machinist.driver("shelf")).options.properties)).toEqual(["size", "image"]);
    const whole = await machinist.driver("docker-machine-driver-shelf");
    expect(whole.options.properties).toMatchObject({ folder: { "x-flag": "shelf-folder" } });
    expect((await machinist.drivers()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["shelf", "docker-machine-driver-shelf"]),
    );
  });
});

describe("a machine whose plugin is not here", () => {
  const away = { PATH: process.env.PATH ?? "" };

  test.each([["taken over"], ["docker-machine's"]])("%s, is listed, shown and removed by force", async (whose) => {
    kept("box");
    if (whose === "taken over") {
      await using machinist = await openMachinist({ storagePath: scene.store, env: { ...env, SHELF_TOKEN: "sesame" } });
      expect((await machinist.lease(["box"], 3_600_000).result).ok).toBe(true);
    }
    writeFileSync(configFile("box"), readFileSync(configFile("box"), "utf8").replaceAll('"shelf"', '"gone"'));
    const record = join(scene.store, "machines", "box", "record.json");
    if (existsSync(record))
      writeFileSync(record, readFileSync(record, "utf8").replaceAll("docker-machine-driver-shelf", "gone"));
    expect((await scene.run(["ls", "-q"], away)).stdout).toBe("box\n");
    expect((await scene.run(["ls"], away)).stdout).toMatch(/^box .*not-found .*Error/m);
    expect(JSON.parse((await scene.run(["inspect", "box"], away)).stdout)).toMatchObject({ DriverName: "gone" });
    {
      await using machinist = await openMachinist({ storagePath: scene.store, env: away });
      expect(await machinist.names()).toEqual(["box"]);
      const [view] = await machinist.machines({ timeoutMs: 5000 });
      expect(view).toMatchObject({ name: "box", error: { code: "driver.unknown" } });
      expect(view?.error?.hint).not.toContain("gone");
    }
    expect(await scene.run(["rm", "-y", "box"], away)).toMatchObject({ code: 1 });
    expect(existsSync(configFile("box"))).toBe(true);
    const forced = await scene.run(["rm", "-f", "box"], away);
    expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining("Successfully removed box") });
    expect(existsSync(configFile("box"))).toBe(false);
  });
});

test("a record that is gone is told of; the name that was typed is never suggested", async () => {
  mkdirSync(join(scene.store, "machines", "box"), { recursive: true });
  const HostOptions = { EngineOptions: {}, SwarmOptions: {}, AuthOptions: {} };
  writeFileSync(
    configFile("box"),
    JSON.stringify({ ConfigVersion: 3, Driver: {}, DriverName: "nspawn", HostOptions, Name: "box" }),
  );
  await using machinist = await openMachinist({ storagePath: scene.store, env: { PATH: process.env.PATH ?? "" } });
  const failure = await machinist.info("box").catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: "store.corrupt", message: expect.stringContaining("record of box is gone") });
  expect(failure).not.toMatchObject({ hint: expect.stringContaining("Did you mean") });
});
