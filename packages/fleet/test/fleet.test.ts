import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "@machinist/core";
import { expect, test } from "vitest";
import { endBoots, fleet, machine, slowBoot, until, world } from "./world.ts";

const provider = async (path: string) => (await readdir(join(path, "cache", "simulated")).catch(() => [])).length;

test("up makes a fleet, a second up changes nothing, down leaves nothing", async () => {
  const { machinist, path } = await world();
  const spec = fleet([machine("a-1"), machine("a-2"), machine("a-3")]);
  const first = await machinist.up(spec).result;
  expect(first).toMatchObject({ ok: true, changed: 3, failures: [] });
  expect(first.machines.map((each) => each.result)).toEqual(["created", "created", "created"]);
  const second = await machinist.up(spec).result;
  expect(second).toMatchObject({ ok: true, changed: 0 });
  expect(await machinist.names()).toEqual(["a-1", "a-2", "a-3"]);
  expect(await provider(path)).toBe(3);
  const down = await machinist.down("demo").result;
  expect(down.machines.map((each) => each.result)).toEqual(["removed", "removed", "removed"]);
  expect(await provider(path)).toBe(0);
  expect(await machinist.names()).toEqual([]);
  expect(await readdir(join(path, "machines"))).toEqual([]);
  expect(await readdir(join(path, "fleets"))).toEqual([]);
  expect(await readdir(join(path, "locks"))).toEqual([]);
});

test("one failing machine does not stop the others, and the next up finishes it", async () => {
  const { machinist } = await world();
  const broken = await machinist.up(fleet([machine("a-1"), machine("a-2", { fail: true }), machine("a-3")])).result;
  expect(broken.ok).toBe(false);
  expect(broken.machines.map((each) => each.result)).toEqual(["created", "failed", "created"]);
  expect(broken.failures).toEqual([
    { id: "a-2/instance", code: "simulated.refused", message: expect.stringContaining("refused") },
  ]);
  const mended = await machinist.up(fleet([machine("a-1"), machine("a-2"), machine("a-3")])).result;
  expect(mended.machines.map((each) => each.result)).toEqual(["unchanged", "created", "unchanged"]);
});

test("plan tells creates, updates, replacements and deletes, and writes nothing", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2"), machine("a-3")])).result;
  const before = await snapshot(path);
  const spec = fleet([machine("a-1", { size: "big" }), machine("a-2", { image: "other" }), machine("b-1")]);
  const { changes } = await machinist.plan(spec);
  expect(changes.map(({ id, action, props }) => [id, action, props])).toEqual([
    ["a-1/instance", "update", ["size"]],
    ["a-2/instance", "replace", ["image"]],
    ["b-1/instance", "create", []],
    ["a-3/instance", "delete", []],
  ]);
  expect(await snapshot(path)).toEqual(before);
});

test("what must be replaced is refused before anything is done, unless agreed", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  const changed = fleet([machine("a-1", { image: "other" }), machine("b-1")]);
  await expect(machinist.up(changed).result).rejects.toMatchObject({ code: "plan.replace" });
  expect(await provider(path)).toBe(2);
  const agreed = await machinist.up(changed, { replace: true }).result;
  expect(agreed.machines.map((each) => [each.name, each.result])).toEqual([
    ["a-1", "changed"],
    ["b-1", "created"],
    ["a-2", "removed"],
  ]);
});

test("a clone is made as its model was asked for, and one of a host of your own is refused", async () => {
  const { machinist } = await world();
  const options = { "boot-ms": 10, size: "big" };
  await machinist.create([{ name: "solo", driver: "simulated", options, engine: false }]).result;
  expect(await machinist.clone("solo", "twin").result).toMatchObject({ ok: true, machines: [{ name: "twin" }] });
  expect(await machinist.info("twin")).toMatchObject({ options, driver: "simulated", engine: false, fleet: "default" });
  await expect(machinist.clone("solo", "twin").result).rejects.toMatchObject({ code: "machine.exists" });
  await expect(machinist.clone("sole", "x").result).rejects.toMatchObject({ code: "machine.unknown" });
  await expect(machinist.clone("solo", "a/b").result).rejects.toMatchObject({ code: "machine.name" });
  await machinist.remove(["solo"]).result;
  expect(await machinist.status("twin")).toBe("running");
  const url = { url: "tcp://192.0.2.1:2375" };
  await machinist.create([{ name: "mine", driver: "none", options: url }]).result;
  await expect(machinist.clone("mine", "other").result).rejects.toMatchObject({ code: "clone.own-host" });
});

test("a compose file that is wrong is told before anything is made or saved", async () => {
  const { machinist, path } = await world();
  const file = join(path, "..", "bad.yaml");
  await writeFile(file, "services:\n  a:\n    ports: ['80']\n");
  const spec = { ...fleet([machine("a-1")]), compose: [{ name: "bad", machine: "a-1", files: [file] }] };
  await expect(machinist.up(spec).result).rejects.toMatchObject({
    code: "compose.invalid",
    message: expect.stringContaining("bad.yaml:3"),
  });
  expect(await machinist.names()).toEqual([]);
});

test("machines made one by one: exists, incomplete, unknown, removed", async () => {
  const { machinist, path } = await world();
  const request = { name: "solo", driver: "simulated", options: { "boot-ms": 10 }, engine: false } as const;
  expect((await machinist.create([request]).result).ok).toBe(true);
  await expect(machinist.create([request]).result).rejects.toMatchObject({ code: "machine.exists" });
  expect(await machinist.status("solo")).toBe("running");
  expect((await machinist.power("stop", ["solo"]).result).ok).toBe(true);
  expect(await machinist.status("solo")).toBe("stopped");
  await expect(machinist.info("sole")).rejects.toMatchObject({
    code: "machine.unknown",
    hint: 'Did you mean "solo"?',
  });
  const removed = await machinist.remove(["solo", "nobody"]).result;
  expect(removed.ok).toBe(false);
  expect(removed.machines.map((each) => each.result)).toEqual(["removed", "failed"]);
  expect(await machinist.names()).toEqual([]);
  expect(await provider(path)).toBe(0);
});

test("what machines share is made once, and goes with the last of them", async () => {
  const { machinist, path } = await world();
  const request = (name: string) =>
    ({ name, driver: "simulated", options: { network: true, "boot-ms": 10 }, engine: false }) as const;
  expect((await machinist.create([request("one"), request("two")]).result).changed).toBe(3);
  expect((await machinist.create([request("three")]).result).changed).toBe(1);
  expect(await provider(path)).toBe(4);
  expect((await machinist.remove(["one", "two"]).result).ok).toBe(true);
  expect(await provider(path)).toBe(2);
  expect((await machinist.remove(["three"]).result).ok).toBe(true);
  expect(await provider(path)).toBe(0);
  expect(await machinist.fleets()).toEqual([]);
});

test("one machine of a fleet can be removed, and comes back with the next up", async () => {
  const { machinist, path } = await world();
  const spec = fleet([machine("a-1", { network: true }), machine("a-2", { network: true })]);
  await machinist.up(spec).result;
  expect((await machinist.remove(["a-2"]).result).ok).toBe(true);
  expect(await provider(path)).toBe(2);
  expect(await machinist.fleets()).toEqual(["demo"]);
  expect((await machinist.up(spec).result).changed).toBe(1);
});

test("a create that failed is finished by the same create, or removed", async () => {
  const { machinist } = await world();
  const request = { name: "solo", driver: "simulated", engine: false } as const;
  const failed = await machinist.create([{ ...request, options: { fail: true } }]).result;
  expect(failed.ok).toBe(false);
  expect((await machinist.info("solo")).incomplete).toBe(true);
  expect((await machinist.create([{ ...request, options: { fail: false } }]).result).ok).toBe(true);
});

test("a create that was interrupted while the machine booted is gone on with, typed again or by its name alone", async () => {
  const { machinist, path } = await world();
  const request = { name: "solo", driver: "simulated", options: slowBoot, engine: false } as const;
  const cutShort = async () => {
    const stop = new AbortController();
    const run = machinist.create([request], { signal: stop.signal });
    await until(run, "solo/instance", "waiting");
    stop.abort();
    expect((await run.result).cancelled).toBe(true);
  };
  await cutShort();
  expect(await machinist.info("solo")).toMatchObject({ incomplete: true, resume: "machinist create solo" });
  const checks = await machinist.doctor({ names: ["solo"] });
  expect(checks).toContainEqual(expect.objectContaining({ hint: "To resume: machinist create solo" }));
  await cutShort();
  await endBoots(path);
  expect((await machinist.create([{ name: "solo" }]).result).ok).toBe(true);
  expect(await machinist.info("solo")).toMatchObject({ incomplete: false, options: { "boot-ms": 3_600_000 } });
  expect(await machinist.info("solo")).not.toHaveProperty("resume");
  for (const again of [request, { name: "solo" }])
    await expect(machinist.create([again]).result).rejects.toMatchObject({ code: "machine.exists" });
  expect(await provider(path)).toBe(1);
});

test("a second process is refused by name while one works, and nothing is harmed", async () => {
  const { machinist, again, path } = await world();
  const other = await again();
  const spec = fleet([machine("a-1", slowBoot)]);
  const first = machinist.up(spec);
  await until(first, "a-1/instance", "waiting");
  await expect(other.up(spec).result).rejects.toMatchObject({
    code: "store.locked",
    message: expect.stringContaining("fleet demo"),
  });
  await endBoots(path);
  expect((await first.result).ok).toBe(true);
});

test("a cancelled up stops soon, says so, and goes on later", async () => {
  const { machinist } = await world();
  const spec = fleet([machine("a-1", slowBoot)]);
  const stop = new AbortController();
  const run = machinist.up(spec, { signal: stop.signal });
  await until(run, "a-1/instance", "waiting");
  stop.abort();
  const outcome = await run.result;
  expect(outcome).toMatchObject({ ok: false, cancelled: true, failures: [] });
  expect((await machinist.up(fleet([machine("a-1")])).result).ok).toBe(true);
});

test("a machine of another fleet is not taken over", async () => {
  const { machinist } = await world();
  await machinist.up(fleet([machine("a-1")], "one")).result;
  await expect(machinist.up(fleet([machine("a-1")], "two")).result).rejects.toMatchObject({ code: "machine.taken" });
  expect(await machinist.fleets()).toEqual(["one"]);
});

test("a damaged record is named, does not hide the others, and can be forgotten by force", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  await writeFile(join(path, "machines", "a-1", "record.json"), "{ not json");
  const views = await machinist.machines();
  expect(views.map((view) => [view.name, view.error?.code])).toEqual([
    ["a-1", "store.corrupt"],
    ["a-2", undefined],
  ]);
  expect((await machinist.remove(["a-1"]).result).failures[0]?.code).toBe("store.corrupt");
  expect((await machinist.remove(["a-1"], { force: true }).result).ok).toBe(true);
  expect(await machinist.names()).toEqual(["a-2"]);
});

test("events tell the whole story in order", async () => {
  const { machinist, path } = await world();
  const run = machinist.up(fleet([machine("a-1", slowBoot)]));
  const told: string[] = [];
  for await (const event of run) {
    told.push(event.type === "resource" ? `${event.id} ${event.status}` : event.type);
    if (told.at(-1) === "a-1/instance waiting") await endBoots(path);
  }
  expect(told).toEqual(["run", "a-1/instance creating", "a-1/instance waiting", "a-1/instance ready", "run"]);
});

test("the store keeps to itself: folders 0700, records 0600", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1")])).result;
  for (const file of [path, join(path, "machines"), join(path, "machines", "a-1")])
    expect((await stat(file)).mode & 0o777).toBe(0o700);
  for (const name of ["record.json", "config.json", "id_ed25519"])
    expect((await stat(join(path, "machines", "a-1", name))).mode & 0o777).toBe(0o600);
  const record = await new FileStore(path).load("a-1");
  expect(record?.machine).toMatchObject({ driver: "simulated", engine: false });
});

test("a machine that its provider lost is made again", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1")])).result;
  for (const name of await readdir(join(path, "cache", "simulated"))) await rm(join(path, "cache", "simulated", name));
  expect((await machinist.plan(fleet([machine("a-1")]))).changes[0]).toMatchObject({ action: "create" });
  expect((await machinist.up(fleet([machine("a-1")])).result).changed).toBe(1);
  expect(await provider(path)).toBe(1);
});

async function snapshot(path: string): Promise<Record<string, string>> {
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const entries = files
    .filter((file) => file.isFile())
    .map(async (file) => {
      const full = join(file.parentPath, file.name);
      return [full, await readFile(full, "utf8")] as const;
    });
  return Object.fromEntries(await Promise.all(entries));
}
