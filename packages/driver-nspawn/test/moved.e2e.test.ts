import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Data, Driver, MachineCall } from "@machinist/core";
import nspawn from "@machinist/driver-nspawn";
import { unavailable } from "@machinist/lab";
import { Harness } from "@machinist/testkit/suites";
import { afterAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";

const reason = unavailable();

describeUnless(reason, "a store that was moved", () => {
  const top = process.env.MACHINIST_LAB_DIR ?? "/var/lib/machinist-lab";
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const images = join(process.env.MACHINIST_LAB_CACHE ?? "/var/cache/machinist", "nspawn");

  const open = (folder: string): Driver =>
    nspawn.create({ cacheDir: join(folder, "cache"), machineDir: (name) => join(folder, "machines", name), env: {} });
  const plan = (driver: Driver, subject: Harness, number = 1) => {
    const options = Object.fromEntries(
      Object.entries(nspawn.options.properties).map(([name, schema]) => [name, schema.default]),
    ) as Data;
    const machine = { name: subject.machine(number), fleet: subject.fleet, publicKey: "ssh-ed25519 AAAA suite" };
    return driver.plan(machine, { ...options, image: "bare" });
  };

  test("has its machines with what is on them and their addresses, and gives none of them away", async () => {
    mkdirSync(top, { recursive: true, mode: 0o700 });
    const before = mkdtempSync(join(top, "moved-"));
    folders.push(before, `${before}-after`);
    mkdirSync(join(before, "cache"));
    symlinkSync(images, join(before, "cache", "nspawn"));
    const first = open(before);
    const subject = new Harness(first.resourceTypes);
    const id = (number: number) => `${subject.machine(number)}/instance`;
    const call = async (driver: Driver, number = 1): Promise<[Driver, MachineCall]> => [
      driver,
      {
        machine: subject.machine(number),
        states: await subject.states(),
        signal: AbortSignal.timeout(300_000),
        log: () => {},
      },
    ];
    await subject.settle(await plan(first, subject));
    const old = (await subject.states())[id(1)]!;
    const [, stopping] = await call(first);
    await first.power!.stop!(stopping);

    renameSync(before, `${before}-after`);
    const second = open(`${before}-after`);
    try {
      const wanted = [...(await plan(second, subject)), ...(await plan(second, subject, 2))];
      const unique = [...new Map(wanted.map((each) => [each.id, each])).values()];
      const outcomes = await subject.settle(unique, { kinds: second.resourceTypes });
      expect(outcomes.find((each) => each.id === id(1))?.change).toBe("updated");
      const [now, other] = [(await subject.states())[id(1)]!, (await subject.states())[id(2)]!];
      expect(now).toMatchObject({ running: true, address: old.address, hostKey: old.hostKey, owner: old.owner });
      expect(other.address).not.toBe(old.address);
    } finally {
      await subject.settle([], { kinds: second.resourceTypes });
    }
    expect(await subject.states()).toEqual({});
  });
});
