import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, newRecord, type ScopeRecord } from "@machinist/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundle } from "./bundle.ts";

let folder: string;
let store: FileStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-store-"));
  store = new FileStore(join(folder, "store"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fileOf = (scope: string) => join(store.folder(scope), "record.json");
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

function full(scope: string): ScopeRecord {
  const record = newRecord(scope, "f", { driver: "d", options: { a: [1] }, engine: false, createdAt: 1 }, ["@f/net"]);
  const id = `${scope}/thing`;
  record.resources[id] = {
    ...{ id, kind: "k", props: { a: { b: [null, "ü"] } }, parents: ["@f/net"], after: [`${scope}/x`] },
    ...{ generation: 3, status: "created", intentAt: 5, state: { address: "192.0.2.1" } },
  };
  record.lastGeneration = 3;
  return record;
}

test("all who ask a fresh store for its mark at once are told the same, and wait for nobody", async () => {
  const others = Array.from({ length: 4 }, () => new FileStore(store.path));
  const marks = await Promise.all(Array.from({ length: 60 }, (_, at) => [store, ...others][at % 5]!.mark()));
  expect(new Set(marks).size).toBe(1);
  expect(await readdir(store.path)).toEqual(["mark"]);
});

describe("a record", () => {
  test("comes back as it was saved, in docker-machine's own layout", async () => {
    for (const scope of ["m-1", "@demo"]) {
      const record = full(scope);
      expect(await store.load(scope)).toBeUndefined();
      await store.save(record);
      expect(await store.load(scope)).toEqual(record);
    }
    expect(fileOf("m-1")).toBe(join(folder, "store/machines/m-1/record.json"));
    expect(fileOf("@demo")).toBe(join(folder, "store/fleets/demo/record.json"));
  });

  test("is what it was when saving began, whatever becomes of the object", async () => {
    const record = full("m");
    const saving = store.save(record);
    record.lastGeneration = 99;
    await saving;
    expect((await store.load("m"))?.lastGeneration).toBe(3);
  });

  test("is the user's alone: files 0600, folders 0700, whatever the umask", async () => {
    const umask = process.umask(0);
    try {
      await store.save(full("m"));
    } finally {
      process.umask(umask);
    }
    expect(await modeOf(fileOf("m"))).toBe(0o600);
    for (const path of ["store", "store/machines", "store/machines/m"])
      expect(await modeOf(join(folder, path)), path).toBe(0o700);
    await chmod(fileOf("m"), 0o644);
    await store.save(full("m"));
    expect(await modeOf(fileOf("m"))).toBe(0o600);
  });

  test("leaves nothing beside it", async () => {
    await Promise.all([1, 2, 3].map(() => store.save(full("m"))));
    expect(await readdir(store.folder("m"))).toEqual(["record.json"]);
  });
});

describe("a list", () => {
  test("has machines and fleets with a record, sorted, and nothing else", async () => {
    expect(await store.list()).toEqual([]);
    for (const scope of ["b", "a", "@f"]) await store.save(full(scope));
    await mkdir(join(folder, "store/machines/.removed-12ab"));
    await writeFile(join(folder, "store/machines/.removed-12ab/record.json"), "{}");
    await mkdir(join(folder, "store/machines/made-by-docker-machine"));
    await writeFile(join(folder, "store/machines/a-file"), "");
    expect(await store.list()).toEqual(["@f", "a", "b"]);
  });

  test("that cannot be had is an error, not an empty one", async () => {
    await mkdir(join(folder, "store"));
    await symlink("machines", join(folder, "store/machines"));
    await expect(store.list()).rejects.toMatchObject({ code: "store.read", message: /store\/machines/ });
  });

  test("names a machine whose folder cannot be read, so that reading it says why", async () => {
    await store.save(full("a"));
    await symlink("loop", join(folder, "store/machines/loop"));
    expect(await store.list()).toEqual(["a", "loop"]);
    await expect(store.load("loop")).rejects.toMatchObject({ code: "store.read" });
  });
});

describe("a damaged record", () => {
  const change = async (edit: (record: { [key: string]: unknown }) => unknown) => {
    await store.save(full("m"));
    const record = JSON.parse(await readFile(fileOf("m"), "utf8"));
    const edited = edit(record);
    await writeFile(fileOf("m"), typeof edited === "string" ? edited : JSON.stringify(edited));
    return store.load("m");
  };
  const without = (key: string) => (record: { [key: string]: unknown }) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
  const thing = (part: object) => (record: { [key: string]: unknown }) => {
    const resources = record.resources as { [id: string]: object };
    return { ...record, resources: { "m/thing": { ...resources["m/thing"], ...part } } };
  };

  test.each<[string, (record: { [key: string]: unknown }) => unknown, RegExp]>([
    ["an empty file", () => " \n", /it is empty/],
    ["half a file", (record) => JSON.stringify(record).slice(0, 60), /it is not JSON/],
    ["a list", () => [], /it is not an object/],
    ["null", () => null, /it is not an object/],
    ["no version", without("version"), /its version is missing/],
    ["an old version", (record) => ({ ...record, version: 0 }), /its version is missing/],
    ["another machine's record", (record) => ({ ...record, scope: "other" }), /it is of other/],
    ...["uid", "fleet", "lastGeneration", "uses", "resources"].map(
      (key): [string, (record: { [key: string]: unknown }) => unknown, RegExp] => [
        `no ${key}`,
        without(key),
        new RegExp(`${key} is missing`),
      ],
    ),
    ["a resource under another id", thing({ id: "m/else" }), /resource m\/thing is incomplete/],
    ["a resource without a kind", thing({ kind: undefined }), /resource m\/thing is incomplete/],
    ["a resource without a generation", thing({ generation: "3" }), /resource m\/thing is incomplete/],
    ["a resource without parents", thing({ parents: undefined }), /resource m\/thing is incomplete/],
    ["a resource without props", thing({ props: [] }), /resource m\/thing is incomplete/],
    [
      "a resource of another machine",
      (record) => ({ ...record, resources: { "x/thing": { ...full("x").resources["x/thing"] } } }),
      /resource x\/thing/,
    ],
  ])("(%s) says what is wrong and where", async (_name, edit, why) => {
    const error = {
      code: "store.corrupt",
      message: expect.stringMatching(why),
      hint: expect.stringContaining("machinist rm -f m"),
    };
    await expect(change(edit)).rejects.toMatchObject(error);
    await expect(store.load("m")).rejects.toMatchObject({ message: expect.stringContaining(fileOf("m")) });
    expect(await store.list()).toEqual(["m"]);
  });

  test("of a newer machinist is told so, and not called damaged", async () => {
    const newer = change((record) => ({ ...record, version: 2, scope: undefined }));
    await expect(newer).rejects.toMatchObject({ code: "store.version", hint: expect.stringContaining("Upgrade") });
  });

  test("that is no file at all is an error of reading", async () => {
    await mkdir(fileOf("m"), { recursive: true });
    await expect(store.load("m")).rejects.toMatchObject({
      code: "store.read",
      message: expect.stringContaining("EISDIR"),
    });
  });
});

describe("removing", () => {
  test("takes everything kept beside the record, and nothing else", async () => {
    await store.save(full("m"));
    await store.save(full("other"));
    await writeFile(join(store.folder("m"), "id_ed25519"), "key");
    await mkdir(join(store.folder("m"), "deep/er"), { recursive: true });
    await store.remove("m");
    expect(await readdir(join(folder, "store/machines"))).toEqual(["other"]);
    await store.remove("m");
    expect(await store.list()).toEqual(["other"]);
  });

  test("that was interrupted is finished by the next who holds a lock beside it", async () => {
    await store.save(full("m"));
    await mkdir(join(folder, "store/machines/.removed-abc"));
    await writeFile(join(store.folder("m"), ".record.json.12.tmp"), "half");
    await writeFile(join(store.folder("m"), ".hidden"), "the user's");
    const lock = await store.lock("m");
    expect(await readdir(join(folder, "store/machines"))).toEqual(["m"]);
    expect((await readdir(store.folder("m"))).sort()).toEqual([".hidden", "record.json"]);
    await expect(store.lock("m")).rejects.toMatchObject({ message: /is working on machine m$/ });
    await expect(store.lock("@m").then((other) => other.release())).resolves.toBeUndefined();
    await lock.release();
    const fleet = await store.lock("@f");
    await expect(store.lock("@f")).rejects.toMatchObject({ message: /is working on fleet f$/ });
    await fleet.release();
  });
});

test("a process killed while it saves leaves the old record or the new one, thirty times", async () => {
  const { script, remove } = await bundle("save-forever");
  let farthest = 0;
  try {
    // Thirty times, and again until the kills have met saves: a slow computer may be at the first one still.
    for (let kill = 0; kill < 30 || farthest < 2; kill++) {
      const child = spawn(process.execPath, [script, store.path, "m"], { stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(child, "exit");
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
      child.kill("SIGKILL");
      await exited;
      const record = await store.load("m");
      const props = record?.resources["m/thing"]?.props;
      expect(props?.first).toBe(record?.lastGeneration);
      expect(props?.last).toBe(props?.first);
      farthest = Math.max(farthest, Number(props?.first));
    }
  } finally {
    await remove();
  }
  // What the kills left is swept by the next holder.
  expect(farthest).toBeGreaterThan(1);
  await (await store.lock("m")).release();
  expect(await readdir(store.folder("m"))).toEqual(["record.json"]);
  // Thirty processes, one after the other.
}, 900_000);

test("a store that is a file is no empty store, and says so", async () => {
  await writeFile(join(folder, "store"), "");
  await expect(store.list()).rejects.toMatchObject({ code: "store.read", hint: expect.stringContaining("folder") });
  await expect(store.lock("m")).rejects.toMatchObject({ code: "store.write", hint: expect.stringContaining("folder") });
  await expect(store.save(full("m"))).rejects.toMatchObject({
    code: "store.write",
    message: expect.stringContaining("a part of its path is a file"),
  });
});

test("a fleet's damaged record says what becomes of its machines", async () => {
  await store.save(full("@demo"));
  await writeFile(fileOf("@demo"), "{");
  await expect(store.load("@demo")).rejects.toMatchObject({
    code: "store.corrupt",
    message: expect.stringContaining("The record of fleet demo is damaged"),
    hint: expect.not.stringContaining("@demo"),
  });
});
