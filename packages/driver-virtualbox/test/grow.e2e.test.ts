import { join } from "node:path";
import { converge, type Data, FileStore, newRecord, StateManager, scopeOf } from "@machinist/core";
import virtualbox from "@machinist/driver-virtualbox";
import { openVirtualBox, virtualBoxUnavailable } from "@machinist/lab";
import { resolveOptions } from "@machinist/options";
import { FastClock } from "@machinist/testkit";
import { expect, onTestFinished } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { haltingDisk } from "./halting-disk.ts";

const reason = virtualBoxUnavailable();
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5Q1vJv2rS0uJ4m0c1yq2H1c1bq0d6vV1aQ9Yb2sZ3k grow";
const name = `grow${process.pid}`;

testUnless(
  reason,
  "a machine is stopped for its disk to grow, and runs again",
  async () => {
    const lab = await openVirtualBox();
    onTestFinished(() => lab.dispose());
    const image = await haltingDisk(join(lab.folder, "halts.img"));
    const driver = virtualbox.create({
      cacheDir: join(lab.folder, "cache"),
      machineDir: (machine) => join(lab.folder, "machines", machine),
      env: { ...process.env, ...lab.env },
      // Nothing in there hears the power button: the grace is waited out.
      clock: new FastClock(60),
    });
    const store = new FileStore(join(lab.folder, "store"));
    const told: string[] = [];
    const up = async (options: Data | undefined) => {
      const complete = options && resolveOptions(virtualbox, { image, memory: 256, ...options }, {});
      const machine = { name, fleet: name, publicKey };
      const wanted = complete ? await driver.plan(machine, complete) : [];
      const scopes = new Set([...wanted.map(({ id }) => scopeOf(id)), ...(await store.list())]);
      const records = [...scopes].map(async (scope) => (await store.load(scope)) ?? newRecord(scope, name));
      const outcomes = await converge({
        wanted,
        stateManager: new StateManager(store, await Promise.all(records)),
        resourceTypes: driver.resourceTypes,
        emit: (event) => event.type === "log" && told.push(event.message),
        signal: new AbortController().signal,
      });
      expect(outcomes.flatMap(({ error }) => error ?? [])).toEqual([]);
      return Object.fromEntries(outcomes.map(({ id, change }) => [id.replace(/^.*\//, ""), change]));
    };
    await up({ "disk-size": 64 });
    expect(await up({ "disk-size": 96 })).toMatchObject({ disk: "updated", vm: "updated" });
    expect(told).toContain("Its machine is stopped so that the disk can grow");
    const record = await store.load(name);
    const state = record?.resources[`${name}/vm`]?.state;
    const disk = String(record?.resources[`${name}/disk`]?.state?.path);
    expect((await lab.manage("showmediuminfo", "disk", disk)).stdout).toMatch(/^Capacity: +96 MBytes/m);
    expect(state?.power).toBe("running");
    await up(undefined);
  },
  300_000,
);
