import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machinist } from "@machinist/fleet";
import { expect, test } from "vitest";
import { fleet, machine, world } from "./world.ts";

/** All that can be asked is asked; what others have on this computer just now, or cannot be asked, is none of this test's. */
async function look(machinist: Machinist) {
  const { orphans, failures, ...report } = await machinist.orphans();
  return {
    ...report,
    orphans: orphans.filter(({ driver }) => driver === "simulated"),
    failures: failures.filter(({ id }) => id === "simulated"),
  };
}

const objects = (path: string) => join(path, "cache", "simulated");

test("what no record knows is found, told whose it is, and removed; what is known stays", async () => {
  const { machinist, path, again } = await world();
  const spec = fleet([machine("a-1", { network: true }), machine("a-2", { network: true })]);
  expect((await machinist.up(spec).result).ok).toBe(true);
  expect(await look(machinist)).toMatchObject({ orphans: [], drivers: expect.arrayContaining(["simulated"]) });

  // A record that is lost: its machine goes on costing money.
  await rm(join(path, "machines", "a-2"), { recursive: true });
  const { orphans, failures } = await look(machinist);
  expect(failures).toEqual([]);
  expect(orphans).toMatchObject([{ driver: "simulated", kind: "simulated.machine", fleet: "demo", ours: true }]);

  // Somebody else's, from another store.
  const [name = ""] = await readdir(objects(path));
  const theirs = { ...JSON.parse(await readFile(join(objects(path), name), "utf8")), id: "theirs" };
  theirs.owner = `mzzzzzzaaaaaaaa-instance-1`;
  await writeFile(join(objects(path), "theirs.json"), JSON.stringify(theirs));
  const both = (await look(await again())).orphans;
  expect(both.map(({ ours, label }) => [ours, label === "theirs"])).toEqual(
    expect.arrayContaining([
      [true, false],
      [false, true],
    ]),
  );

  const pruned = await machinist.prune(both.filter(({ ours }) => ours)).result;
  expect(pruned).toMatchObject({ ok: true, changed: 1, failures: [] });
  expect((await look(machinist)).orphans.map(({ label }) => label)).toEqual(["theirs"]);
  expect(await machinist.status("a-1")).toBe("running");
  expect((await machinist.down("demo").result).ok).toBe(true);
  expect(await readdir(objects(path))).toEqual(["theirs.json"]);
});

test("an object that a record knows is never pruned, and without all records nothing is called an orphan", async () => {
  const { machinist, path } = await world();
  expect((await machinist.up(fleet([machine("a-1"), machine("a-2")])).result).ok).toBe(true);
  await rename(join(path, "machines", "a-2"), join(path, "a-2"));
  const { orphans } = await look(machinist);
  await rename(join(path, "a-2"), join(path, "machines", "a-2"));
  await expect(machinist.prune(orphans).result).rejects.toMatchObject({ code: "prune.known" });
  expect(await machinist.status("a-2")).toBe("running");
  await writeFile(join(path, "machines", "a-2", "record.json"), "{");
  await expect(machinist.orphans()).rejects.toMatchObject({ code: "store.corrupt" });
  // Its other files say that there is a machine, whose objects are not to be taken for nobody's.
  await rm(join(path, "machines", "a-2", "record.json"));
  await expect(machinist.orphans()).rejects.toMatchObject({ code: "store.corrupt" });
});

test("a provider that cannot be asked is told, not taken for empty", async () => {
  const { machinist, path } = await world();
  expect((await machinist.up(fleet([machine("a-1")])).result).ok).toBe(true);
  await rm(objects(path), { recursive: true });
  await writeFile(objects(path), "");
  const report = await machinist.orphans();
  expect(report.failures).toMatchObject([{ id: "simulated" }]);
  expect(report.drivers).not.toContain("simulated");
  const asked = await machinist.orphans({ drivers: [{ driver: "nothing" }] });
  expect(asked.failures).toMatchObject([{ id: "nothing", code: "driver.unknown" }]);
});
