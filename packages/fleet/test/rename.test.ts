import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "@machinist/core";
import { expect, test } from "vitest";
import { fleet, machine, orphansOf, world } from "./world.ts";

const request = (name: string, options = {}) =>
  ({ name, driver: "simulated", options: { "boot-ms": 10, ...options }, engine: false }) as const;

test("a machine gets another name and stays the one it is, with all that lies beside its record", async () => {
  const { machinist, path } = await world();
  await machinist.create([request("web", { size: "big" })]).result;
  await writeFile(join(path, "machines", "web", "note"), "mine");
  const before = await machinist.info("web");
  const outcome = await machinist.rename("web", "shop").result;
  expect(outcome).toMatchObject({ ok: true, machines: [{ name: "shop", result: "done" }] });
  expect(await machinist.names()).toEqual(["shop"]);
  const after = await machinist.info("shop");
  const instance = (info: typeof before) => info.resources.find(({ kind }) => kind === "simulated.machine");
  expect(instance(after)).toMatchObject({ id: "shop/instance", state: { id: instance(before)?.state?.id } });
  expect(after).toMatchObject({ options: before.options, createdAt: before.createdAt, incomplete: false });
  expect(await readFile(join(path, "machines", "shop", "note"), "utf8")).toBe("mine");
  expect(await orphansOf(machinist)).toEqual([]);
  expect(await machinist.status("shop")).toBe("running");
  const record = await new FileStore(path).load("shop");
  expect(record).not.toHaveProperty("was");
  expect(record).not.toHaveProperty("movesTo");
  expect(JSON.parse(await readFile(join(path, "machines", "shop", "config.json"), "utf8"))).toMatchObject({
    Name: "shop",
  });
  await machinist.remove(["shop"]).result;
  expect(await readdir(join(path, "machines"))).toEqual([]);
});

test("what cannot be renamed is refused and stays as it was", async () => {
  const { machinist } = await world();
  await machinist.create([request("web"), request("db")]).result;
  await machinist.up(fleet([machine("a-1")])).result;
  const code = (from: string, to: string) =>
    machinist.rename(from, to).result.then(
      () => "done",
      (error: { code: string }) => error.code,
    );
  expect(await code("web", "db")).toBe("machine.exists");
  expect(await code("web", "web")).toBe("machine.exists");
  expect(await code("web", "a/b")).toBe("machine.name");
  expect(await code("wed", "x")).toBe("machine.unknown");
  expect(await code("a-1", "x")).toBe("rename.fleet");
  expect(await machinist.names()).toEqual(["a-1", "db", "web"]);
});

test("interrupted between the old name and the new one, the same call goes on, and a copied folder is no machine", async () => {
  const { machinist, path, again } = await world();
  await machinist.create([request("web")]).result;
  const store = new FileStore(path);
  await store.move("web", "shop");
  const later = await again();
  expect(await later.names()).toEqual(["shop"]);
  await expect(later.rename("shop", "other").result).rejects.toMatchObject({
    code: "rename.unfinished",
    hint: "Go on with: machinist rename web shop",
  });
  expect((await later.rename("web", "shop").result).ok).toBe(true);
  await expect(later.rename("web", "shop").result).rejects.toMatchObject({ code: "machine.exists" });
  expect((await later.rename("shop", "other").result).ok).toBe(true);
  const record = await readFile(join(path, "machines", "other", "record.json"), "utf8");
  await store.save({ ...JSON.parse(record), scope: "copy" });
  await writeFile(join(path, "machines", "copy", "record.json"), record);
  await expect(later.info("copy")).rejects.toMatchObject({ code: "store.corrupt" });
});
