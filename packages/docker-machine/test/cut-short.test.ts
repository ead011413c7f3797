import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const create = ["create", "-d", "none", "--url", "tcp://127.0.0.1:2399", "box"];

/** As a create leaves it that was killed between the making of the machine's folder and the first whole file in it. */
test.each([["nothing"], ["half a record"]])("a create goes on in a folder with %s in it", async (what) => {
  const folder = join(scene.store, "machines", "box");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (what === "half a record") writeFileSync(join(folder, ".record.json.1234abcd.tmp"), '{"scope":"bo');
  expect(await scene.run(create)).toMatchObject({ code: 0, stderr: "" });
  for (const file of ["record.json", "config.json"]) expect(existsSync(join(folder, file))).toBe(true);
  expect(await scene.run(create)).toMatchObject({ code: 1, stderr: 'Docker machine "box" already exists\n' });
  expect(await scene.run(["rm", "-y", "box"])).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(folder)).toBe(false);
});

test("a machine that cannot be read is there all the same", async () => {
  const folder = join(scene.store, "machines", "box");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "config.json"), "{");
  expect(await scene.run(create)).toMatchObject({ code: 1, stderr: 'Docker machine "box" already exists\n' });
});
