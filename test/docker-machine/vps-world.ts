import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CloudHosts, cloudUnavailable, openCloudHosts, openVps, type VpsLab } from "@machinist/lab";
import { expect } from "vitest";
import { Program } from "../bad-input/program.ts";
import { compiled, moduleMissing } from "../go/program.ts";

const source = fileURLToPath(new URL("../../packages/driver-plugin/test/plugin/vps", import.meta.url));

/** Why there can be no such world here; undefined where there can. */
export const vpsMissing = (): string | undefined => cloudUnavailable() ?? moduleMissing(source);

/** A small provider with real hosts behind its servers, the Go plugin for it, and one store that both commands work on. */
export class VpsWorld {
  readonly lab: VpsLab;
  readonly machinist: Program;
  readonly dropIn: Program;
  /** What a process needs to reach the provider through its plugin. */
  readonly env: Readonly<Record<string, string>>;
  readonly #hosts: CloudHosts;

  static async open(): Promise<VpsWorld> {
    const [hosts, plugin] = await Promise.all([openCloudHosts(), compiled(source)]);
    return new VpsWorld(hosts, await openVps({ hosts }), plugin);
  }

  private constructor(hosts: CloudHosts, lab: VpsLab, plugin: string) {
    this.#hosts = hosts;
    this.lab = lab;
    this.dropIn = new Program(undefined, "docker-machine");
    this.machinist = new Program(this.dropIn.store);
    const bin = join(this.dropIn.folder, "bin");
    mkdirSync(bin);
    symlinkSync(plugin, join(bin, "docker-machine-driver-vps"));
    this.env = { PATH: `${bin}:${process.env.PATH}`, VPS_API_URL: lab.url, VPS_TOKEN: lab.token };
  }

  /** Names of the servers that there are, doubled ones too. */
  serverNames(): string[] {
    return this.lab.servers
      .list()
      .map(({ name }) => name)
      .sort();
  }

  /** How often an operation was asked for since this was called last. */
  readonly asked = (operation: string): number => {
    const count = this.lab.calls.get(operation) ?? 0;
    this.lab.calls.delete(operation);
    return count;
  };

  /** Neither at the provider nor in the store. */
  async nothingIsLeft(): Promise<void> {
    await expect.poll(() => this.lab.inventory()).toEqual([]);
    const machines = readdirSync(join(this.dropIn.store, "machines"));
    expect(machines.filter((name) => !name.startsWith("."))).toEqual([]);
    expect(this.lab.faults).toEqual([]);
  }

  /** Remove all that there is. */
  async clear(): Promise<void> {
    const folder = join(this.dropIn.store, "machines");
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
    if (names.length > 0) await this.dropIn.run(["rm", "-f", ...names], { env: this.env });
    for (const { id } of this.lab.servers.list()) this.lab.servers.destroy(id);
    await expect.poll(() => this.serverNames()).toEqual([]);
    for (const line of this.lab.inventory()) this.lab.servers.deleteKey(line.split(" ")[1]!);
    this.lab.calls.clear();
    this.lab.faults.length = 0;
  }

  /** What a machine's config.json says. */
  kept(name: string): string {
    return readFileSync(join(this.dropIn.store, "machines", name, "config.json"), "utf8");
  }

  async close(): Promise<void> {
    await this.lab.close();
    this.machinist.remove();
    this.dropIn.remove();
    await this.#hosts.dispose();
  }
}
