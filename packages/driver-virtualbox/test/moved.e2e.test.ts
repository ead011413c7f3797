import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { converge, type Data, FileStore, newRecord, StateManager, scopeOf } from "@machinist/core";
import virtualbox from "@machinist/driver-virtualbox";
import { openVirtualBox, virtualBoxUnavailable } from "@machinist/lab";
import { resolveOptions } from "@machinist/options";
import { FastClock } from "@machinist/testkit";
import { expect, onTestFinished, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { readHeader } from "../src/vdi.ts";
import { haltingDisk } from "./halting-disk.ts";

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5Q1vJv2rS0uJ4m0c1yq2H1c1bq0d6vV1aQ9Yb2sZ3k moved";
const name = `moved${process.pid}`;
/** Stands on the same base. */
const other = `${name}-2`;

const reason = virtualBoxUnavailable();

/** Whether a service of this VirtualBox is there, which remembers what it has read. */
function served({ VBOX_USER_HOME: home = "" }: Readonly<Record<string, string>>): boolean {
  const read = (pid: string, what: string) => {
    try {
      return readFileSync(`/proc/${pid}/${what}`, "utf8");
    } catch {
      return "";
    }
  };
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.some((pid) => read(pid, "cmdline").includes("VBoxSVC") && read(pid, "environ").includes(home));
}

describeUnless(reason, "a store that was moved has its machines with their disks", () => {
  test.each([
    ["while VirtualBox's service remembers them", false],
    ["when VirtualBox finds nothing where it looks for them", true],
  ])("%s", async (_when, forgotten) => {
    const lab = await openVirtualBox();
    onTestFinished(() => lab.dispose());
    const image = await haltingDisk(join(lab.folder, "halts.img"));
    const machines = (place: string) => {
      const driver = virtualbox.create({
        cacheDir: join(place, "cache"),
        machineDir: (machine) => join(place, "machines", machine),
        env: { ...process.env, ...lab.env },
        clock: new FastClock(60),
      });
      const store = new FileStore(join(place, "store"));
      const up = async (options: Data | undefined) => {
        const complete = options && resolveOptions(virtualbox, { image, memory: 256, "disk-size": 96, ...options }, {});
        const plans = (complete ? [name, other] : []).map((each) =>
          driver.plan({ name: each, fleet: name, publicKey }, complete ?? {}),
        );
        const wanted = [...new Map((await Promise.all(plans)).flat().map((each) => [each.id, each])).values()];
        const scopes = new Set([...wanted.map(({ id }) => scopeOf(id)), ...(await store.list())]);
        const records = [...scopes].map(async (scope) => (await store.load(scope)) ?? newRecord(scope, name));
        const outcomes = await converge({
          wanted,
          stateManager: new StateManager(store, await Promise.all(records)),
          resourceTypes: driver.resourceTypes,
          emit: () => {},
          signal: new AbortController().signal,
        });
        expect(outcomes.flatMap(({ error }) => error ?? [])).toEqual([]);
        return Object.fromEntries(outcomes.map(({ id, change }) => [id.replace(`${name}/`, ""), change]));
      };
      const stateOf = async (what: string, machine = name) =>
        (await store.load(machine))?.resources[`${machine}/${what}`]?.state as Data;
      return { up, stateOf };
    };
    const [old, place] = [join(lab.folder, "before"), join(lab.folder, "after")];
    const before = machines(old);
    await before.up({});
    const disk = await before.stateOf("disk");
    const vm = await before.stateOf("vm");
    for (const uuid of [vm.uuid, (await before.stateOf("vm", other)).uuid])
      await lab.manage("controlvm", String(uuid), "poweroff");
    if (forgotten) await expect.poll(() => served(lab.env)).toBe(false);
    renameSync(old, place);

    const after = machines(place);
    expect(await after.up({})).toMatchObject({ disk: "none", vm: "updated", [`${other}/vm`]: "updated" });
    const [nowDisk, nowVm] = [await after.stateOf("disk"), await after.stateOf("vm")];
    expect(String(nowDisk.path).startsWith(place)).toBe(true);
    expect(nowDisk.uuid).toBe(disk.uuid);
    expect(nowVm).toMatchObject({
      uuid: vm.uuid,
      power: "running",
      complete: true,
      hostKey: expect.stringMatching(/^ssh-/),
    });
    // And again, though VirtualBox was told of all of it again.
    expect(await after.up({})).toMatchObject({ disk: "none", vm: "none", [`${other}/vm`]: "none" });
    expect((await readHeader(String(nowDisk.path)))?.uuid).toBe(disk.uuid);

    await after.up(undefined);
    expect(existsSync(String(nowDisk.path))).toBe(false);
    expect((await lab.manage("list", "vms")).stdout).toBe("");
  });
});
