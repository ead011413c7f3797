import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openMachinist } from "../src/index.ts";
import { elsewhere } from "../src/known-drivers.ts";
import { fleet, machine, world } from "./world.ts";

test.each([
  ["nspwn", 'Did you mean "nspawn"?'],
  ["nosuch", elsewhere],
  ["acme", elsewhere],
  ["../../x", elsewhere],
])("driver %j is not there: what was meant, or where drivers are found", async (name, hint) => {
  const { machinist } = await world();
  await expect(machinist.driver(name)).rejects.toMatchObject({ code: "driver.unknown", hint });
});

test("a record that cannot be read keeps what its fleet shares, and the fleet, in place", async () => {
  const { machinist, path } = await world();
  const spec = fleet([machine("a-1"), machine("a-2")]);
  expect((await machinist.up(spec).result).ok).toBe(true);
  await writeFile(join(path, "machines", "a-1", "record.json"), "{");
  const refused = { code: "store.corrupt", hint: expect.stringContaining("machinist rm -f a-1") };
  await expect(machinist.down("demo").result).rejects.toMatchObject(refused);
  await expect(machinist.up(spec).result).rejects.toMatchObject(refused);
  expect(await machinist.names()).toEqual(["a-1", "a-2"]);
  expect(await machinist.status("a-2")).toBe("running");
  const forgotten = await machinist.remove(["a-1"], { force: true }).result;
  expect(forgotten).toMatchObject({ ok: true, failures: [{ id: "a-1", code: "store.corrupt" }] });
  expect((await machinist.down("demo").result).ok).toBe(true);
  expect(await machinist.fleets()).toEqual([]);
});

test("the last machine that can be read leaves the fleet as it is while another's record cannot", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  await writeFile(join(path, "machines", "a-1", "record.json"), "");
  expect((await machinist.remove(["a-2"]).result).ok).toBe(true);
  expect(await machinist.fleets()).toEqual(["demo"]);
});

test("doctor tells of a store that is a file, and of one that cannot be listed", async () => {
  const { path } = await world();
  await mkdir(path, { recursive: true });
  const file = join(path, "file");
  await writeFile(file, "");
  const failed = async (storagePath: string) => {
    const machinist = await openMachinist({ storagePath, drivers: [], env: {} });
    return (await machinist.doctor()).filter(({ status }) => status === "failed");
  };
  expect(await failed(file)).toEqual([
    expect.objectContaining({ name: "store", message: `${file} is not a folder`, hint: expect.any(String) }),
    expect.objectContaining({ name: "machines", hint: expect.stringContaining("--storage-path") }),
  ]);
  await writeFile(join(path, "machines"), "");
  expect(await failed(path)).toEqual([expect.objectContaining({ name: "machines" })]);
});

test("a store's path is absolute, however it was given", async () => {
  const { path } = await world();
  const machinist = await openMachinist({ storagePath: relative(process.cwd(), path), env: {} });
  onTestFinished(() => machinist[Symbol.asyncDispose]());
  expect(machinist.storagePath).toBe(path);
});
