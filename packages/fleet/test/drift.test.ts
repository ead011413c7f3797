import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fleet, machine, world } from "./world.ts";

test("what somebody changed at the provider is told, resource by resource, and nothing is written", async () => {
  const { machinist, path } = await world();
  expect((await machinist.up(fleet([machine("a-1")])).result).ok).toBe(true);
  const record = join(path, "machines", "a-1", "record.json");
  const before = await readFile(record, "utf8");
  expect(await machinist.drift("a-1")).toMatchObject([{ id: "a-1/instance", action: "none" }]);

  const folder = join(path, "cache", "simulated");
  const [name = ""] = await readdir(folder);
  const object = JSON.parse(await readFile(join(folder, name), "utf8")) as { props: object };
  await writeFile(join(folder, name), JSON.stringify({ ...object, props: { ...object.props, size: "large" } }));
  expect(await machinist.drift("a-1")).toMatchObject([
    { id: "a-1/instance", action: "update", drift: true, props: ["size"] },
  ]);
  expect(await readFile(record, "utf8")).toBe(before);
  await expect(machinist.drift("a-2")).rejects.toMatchObject({ code: "machine.unknown" });
});

test("what the machines cost that there are is told at once", async () => {
  const { machinist } = await world();
  expect((await machinist.up(fleet([machine("a-1"), machine("a-2")])).result).ok).toBe(true);
  expect((await machinist.prices()).map(({ machine, before, after }) => [machine, before?.hourly, after])).toEqual([
    ["a-1", expect.any(Number), undefined],
    ["a-2", expect.any(Number), undefined],
  ]);
});
