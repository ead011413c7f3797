import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import virtualbox from "@machinist/driver-virtualbox";
import type { LabVirtualBox } from "@machinist/lab";

export interface TenDisks {
  /** Bytes on disk, as a share of the base's. */
  readonly share: number;
  /** How often VBoxManage was started for them. */
  readonly calls: number;
  readonly ms: number;
}

/** Make ten disks of one base at once, look at them, and remove them. */
export async function tenDisks(lab: LabVirtualBox, image: string): Promise<TenDisks> {
  const counted = join(lab.folder, "counted");
  const log = `${counted}.log`;
  writeFileSync(counted, `#!/bin/sh\necho "$1" >> "${log}"\nexec "${lab.env.VBOXMANAGE}" "$@"\n`);
  chmodSync(counted, 0o755);
  const env = { ...process.env, ...lab.env, VBOXMANAGE: counted };
  const machineDir = (name: string) => join(lab.folder, "disks", name);
  const driver = virtualbox.create({ cacheDir: join(lab.folder, "cache"), machineDir, env });
  const plans = await Promise.all(
    Array.from({ length: 10 }, (_, number) =>
      driver.plan({ name: `d${number}`, fleet: "ten", publicKey: "" }, { image, "disk-size": 256 }),
    ),
  );
  const calling = { fleet: "ten", signal: new AbortController().signal, log() {}, step() {}, progress() {} };
  const base = plans[0]!.find(({ kind }) => kind === "virtualbox.base")!;
  const state = await driver.resourceTypes[base.kind]!.create({
    ...calling,
    ...base,
    owner: "base-1",
    dependencies: {},
  });
  const kind = driver.resourceTypes["virtualbox.disk"]!;
  const disks = plans.map((plan) => plan.find((resource) => resource.kind === "virtualbox.disk")!);
  const used = async (path: string) => (await stat(path)).blocks * 512;
  rmSync(log, { force: true });
  const start = performance.now();
  const seen = { [base.id]: state };
  const made = await Promise.all(
    disks.map((disk, number) => kind.create({ ...calling, ...disk, owner: `disk-${number}`, dependencies: seen })),
  );
  const ms = performance.now() - start;
  const calls = readFileSync(log, "utf8").trimEnd().split("\n").length;
  const sizes = await Promise.all(made.map(({ path }) => used(String(path))));
  const share = sizes.reduce((sum, each) => sum + each, 0) / (await used((state.chain as string[])[0]!));
  for (const [number, disk] of made.entries())
    await kind.delete({ ...calling, ...disks[number]!, owner: "", dependencies: {}, state: disk });
  console.log(
    `ten disks: ${Math.round(ms)} ms, ${(share * 100).toFixed(2)} % of the base, ${calls} calls of VBoxManage`,
  );
  return { share, calls, ms };
}
