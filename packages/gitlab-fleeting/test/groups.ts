import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverModule } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { type ConnectorConfig, Group, type InstanceState } from "@machinist/gitlab-fleeting";
import { expect } from "vitest";

/** What GitLab Runner sends where connector_config says nothing. */
export const unsaid: ConnectorConfig = {
  ...{ os: "", arch: "", protocol: "", protocolPort: 0, username: "", password: "", key: "" },
  ...{ useStaticCredentials: false, keepalive: 0, timeout: 0 },
};

/** A store, a simulated provider in it, and groups on both; all of it is gone after {@link remove}. */
export class World {
  readonly store = mkdtempSync(join(tmpdir(), "machinist-fleeting-"));
  /** What groups said, as `level message`. */
  readonly lines: string[] = [];
  readonly #groups: Group[] = [];

  /** A new plugin's group: as it is, before `init`. */
  group(drivers: readonly DriverModule[] = [simulated], more: { beginMs?: number } = {}): Group {
    const env = { PATH: process.env.PATH, HOME: this.store, MACHINE_STORAGE_PATH: this.store };
    const log = (level: string, message: string) => this.lines.push(`${level} ${message}`);
    const group = new Group({ env, log, version: "1.2.3", drivers, ...more });
    this.#groups.push(group);
    return group;
  }

  /** A group that is open. `options`: the simulated driver's. */
  async open(name = "ci", options: object = {}, more: object = {}, drivers?: readonly DriverModule[]): Promise<Group> {
    const group = this.group(drivers);
    await group.init(this.config(name, options, more), unsaid);
    return group;
  }

  config(name = "ci", options: object = {}, more: object = {}): object {
    return { name, driver: "simulated", engine: false, options: { "boot-ms": 20, ...options }, ...more };
  }

  /** Ids of what there is at the provider. */
  objects(): string[] {
    const folder = join(this.store, "cache", "simulated");
    return existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => !name.startsWith("."))
          .sort()
      : [];
  }

  /** Change what the provider has of a machine: `undefined` takes it away. */
  change(machine: string, work: (object: object) => object | undefined): void {
    const { resources } = JSON.parse(readFileSync(join(this.store, "machines", machine, "record.json"), "utf8"));
    const path = join(this.store, "cache", "simulated", `${resources[`${machine}/instance`].state.id}.json`);
    const changed = work(JSON.parse(readFileSync(path, "utf8")));
    if (changed) writeFileSync(path, JSON.stringify(changed));
    else rmSync(path);
  }

  /** However long they were to boot: what was made is up now. */
  endBoot(): void {
    for (const name of this.objects()) {
      const path = join(this.store, "cache", "simulated", name);
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), born: 0 }));
    }
  }

  /** Names in the store. */
  machines(): string[] {
    const folder = join(this.store, "machines");
    return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
  }

  roster(name = "ci"): Record<string, { wanted: string }> {
    return JSON.parse(readFileSync(join(this.store, "fleeting", `${name}.json`), "utf8")).instances;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.shutdown()));
    rmSync(this.store, { recursive: true, force: true });
  }
}

/** States of a group's instances, each as often as it is met, in the order of the alphabet. */
export const states = async (group: Group): Promise<InstanceState[]> => [...(await group.update()).values()].sort();

/** Wait until all instances are in these states; their names. */
export async function until(group: Group, ...wanted: readonly InstanceState[]): Promise<string[]> {
  await expect.poll(() => states(group)).toEqual([...wanted].sort());
  return [...(await group.update()).keys()];
}
