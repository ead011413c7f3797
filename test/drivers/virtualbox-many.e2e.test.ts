import { readdir } from "node:fs/promises";
import { join } from "node:path";
import virtualbox from "@machinist/driver-virtualbox";
import { type Machinist, openMachinist } from "@machinist/fleet";
import { type LabVirtualBox, openVirtualBox, virtualBoxUnavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { haltingDisk } from "../../packages/driver-virtualbox/test/halting-disk.ts";
import { describeUnless } from "../skipped.ts";
import { tenDisks } from "./virtualbox-ten-disks.ts";

const reason = virtualBoxUnavailable();

describeUnless(reason, "machines on the real VirtualBox", () => {
  let lab: LabVirtualBox;
  let image: string;
  const opened: Machinist[] = [];
  const open = async (store = "store") => {
    const machinist = await openMachinist({
      storagePath: join(lab.folder, store),
      drivers: [virtualbox],
      env: { ...process.env, ...lab.env },
    });
    opened.push(machinist);
    return machinist;
  };
  const request = (name: string, more = {}) => ({
    name,
    driver: "virtualbox",
    engine: false as const,
    options: { image, memory: 256, "disk-size": 256, ...more },
  });
  /** Declared machines are brought into line by the next `up`. */
  const declare = (machinist: Machinist, name: string, more = {}) =>
    machinist.up({
      name,
      machines: [{ ...request(name, more), group: name }],
      compose: [],
      stacks: [],
      contexts: false,
    }).result;
  const listed = async (what: string) => (await lab.manage("list", what)).stdout;
  const uuidOf = async (name: string) => new RegExp(`"${name}" {(.*)}`).exec(await listed("vms"))?.[1] ?? "";

  beforeAll(async () => {
    lab = await openVirtualBox();
    image = await haltingDisk(join(lab.folder, "halts.img"), 100);
  });
  afterAll(async () => {
    for (const machinist of opened) await machinist[Symbol.asyncDispose]();
    await lab?.dispose();
  });

  test("five are made at once from each of two stores, with ports of their own; all are removed, the base stays", async () => {
    const stores = [await open("one"), await open("two")];
    const names = stores.map((_, store) => [1, 2, 3, 4, 5].map((number) => `s${store}-${number}`));
    const made = await Promise.all(
      stores.map((each, store) => each.create(names[store]!.map((name) => request(name))).result),
    );
    expect(made.flatMap(({ failures }) => failures)).toEqual([]);
    const endpoints = await Promise.all(
      stores.flatMap((each, store) => names[store]!.map(async (name) => (await each.info(name)).endpoint)),
    );
    expect(new Set(endpoints.map((endpoint) => endpoint?.port)).size).toBe(10);
    expect((await Promise.all(names[0]!.map((name) => stores[0]!.status(name)))).join()).toBe(
      Array(5).fill("running").join(),
    );
    // The image, and the empty difference to it that has the disks' size.
    const bases = join(stores[0]!.storagePath, "cache", "virtualbox");
    const removed = await Promise.all(stores.map((each, store) => each.remove(names[store]!).result));
    expect(removed.flatMap(({ failures }) => failures)).toEqual([]);
    for (const what of ["vms", "hdds", "dvds"]) expect((await listed(what)).trim(), what).toBe("");
    expect((await readdir(bases)).filter((name) => name.endsWith(".vdi"))).toHaveLength(2);
  });

  test("what a user did to a machine in VirtualBox does not take the base along, or others' machines", async () => {
    const machinist = await open();
    expect((await declare(machinist, "kept")).failures).toEqual([]);
    expect((await machinist.create([request("hurt")]).result).failures).toEqual([]);
    expect((await machinist.power("kill", ["hurt"]).result).failures).toEqual([]);
    const uuid = await uuidOf("hurt");
    // A snapshot is a further difference, on the machine's own disk.
    expect((await lab.manage("snapshot", uuid, "take", "before")).code).toBe(0);
    expect((await machinist.remove(["hurt"]).result).failures).toEqual([]);
    expect(await machinist.status("kept")).toBe("running");
    expect(await listed("hdds")).not.toContain("hurt");
    // Unregistered by somebody else: the machine is made again on the disk that is still there.
    expect((await machinist.power("kill", ["kept"]).result).failures).toEqual([]);
    expect((await lab.manage("unregistervm", await uuidOf("kept"))).code).toBe(0);
    expect(await machinist.status("kept")).toBe("missing");
    expect((await declare(machinist, "kept")).failures).toEqual([]);
    expect(await machinist.status("kept")).toBe("running");
    expect((await machinist.remove(["kept"]).result).failures).toEqual([]);
    expect((await listed("hdds")).trim()).toBe("");
  });

  test("a machine whose process ended counts as stopped and is started; its disk grows while it is off", async () => {
    const machinist = await open();
    expect((await declare(machinist, "box")).failures).toEqual([]);
    const uuid = await uuidOf("box");
    await lab.crash(uuid);
    expect(await machinist.status("box")).toBe("stopped");
    expect((await declare(machinist, "box", { "disk-size": 300 })).failures).toEqual([]);
    expect(await machinist.status("box")).toBe("running");
    expect(await listed("hdds")).toContain("Capacity:       300 MBytes");
    await lab.manage("controlvm", uuid, "pause");
    expect(await machinist.status("box")).toBe("paused");
    expect((await machinist.power("start", ["box"]).result).failures).toEqual([]);
    expect(await machinist.status("box")).toBe("running");
    await lab.manage("controlvm", uuid, "savestate");
    expect(await machinist.status("box")).toBe("saved");
    expect((await machinist.remove(["box"]).result).failures).toEqual([]);
    expect((await listed("vms")).trim()).toBe("");
  });

  test("a name that somebody else's machine has is refused before anything is made", async () => {
    const machinist = await open();
    await lab.manage("createvm", "--name", "theirs", "--basefolder", join(lab.folder, "theirs"), "--register");
    await expect(machinist.create([request("theirs")]).result).rejects.toMatchObject({ code: "virtualbox.name-taken" });
    expect(await listed("vms")).toMatch(/^"theirs" /);
    expect(await listed("hdds")).not.toContain("/machines/");
    await lab.manage("unregistervm", await uuidOf("theirs"), "--delete");
  });

  test("ten disks of one base take 5 % of its size, and few calls of VBoxManage", async () => {
    const ten = await tenDisks(lab, image);
    expect(ten.share).toBeLessThanOrEqual(0.05);
    expect(ten.calls).toBeLessThanOrEqual(20);
    expect(await listed("hdds")).not.toContain("/disks/");
  });
});
