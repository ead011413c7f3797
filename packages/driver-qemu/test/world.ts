import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Data, type DriverContext, FileStore, type MachineCall } from "@machinist/core";
import { writeButtonDisk } from "@machinist/lab";
import qemu from "../src/index.ts";
import { qemuProcesses } from "../src/process.ts";
import { Fleet } from "./fleet.ts";

/** A driver over folders of its own, with a guest that needs no system. */
export class World {
  readonly folder: string;
  readonly image: string;
  readonly context: DriverContext;
  readonly driver;
  readonly fleet: Fleet;

  /** `from`: the folder that another world was in, and its fleet. */
  constructor(name = "machinist-qemu-", more: Partial<DriverContext> = {}, from?: { folder: string; fleet: string }) {
    this.folder = from?.folder ?? mkdtempSync(join(tmpdir(), name));
    this.image = join(this.folder, "button.raw");
    if (!from) writeButtonDisk(this.image);
    const machineDir = (machine: string) => join(this.folder, "machines", machine);
    mkdirSync(machineDir("."), { recursive: true });
    this.context = { cacheDir: join(this.folder, "cache"), machineDir, env: process.env, ...more };
    this.driver = qemu.create(this.context);
    this.fleet = new Fleet(new FileStore(join(this.folder, "store")), this.driver.resourceTypes, from?.fleet);
  }

  /** The same store in another place. */
  moved(): World {
    const folder = `${this.folder}-moved`;
    renameSync(this.folder, folder);
    return new World("", {}, { folder, fleet: this.fleet.name });
  }

  copied(): World {
    const folder = `${this.folder}-copy`;
    cpSync(this.folder, folder, { recursive: true, filter: (path) => !path.endsWith(".sock") });
    return new World("", {}, { folder, fleet: this.fleet.name });
  }

  async machineCall(number = 1): Promise<MachineCall> {
    const call = { signal: AbortSignal.timeout(120_000), log: () => {} };
    return { ...call, machine: this.fleet.machine(number), states: await this.fleet.look() };
  }

  options(more: Data = {}): Data {
    const defaults = Object.fromEntries(
      Object.entries(qemu.options.properties).map(([name, schema]) => [name, schema.default]),
    ) as Data;
    return { ...defaults, image: this.image, memory: 64, cpus: 1, "disk-size": 2, accel: "tcg", ...more };
  }

  async plan(number = 1, more: Data = {}) {
    const machine = { name: this.fleet.machine(number), fleet: this.fleet.name, publicKey: KEY, enginePort: 2376 };
    return this.driver.plan(machine, this.options(more));
  }

  /** Check the options of a machine that is not there. */
  check(more: Data): Promise<void> {
    const machine = { name: this.fleet.machine(), fleet: this.fleet.name, publicKey: KEY };
    return this.driver.check!(machine, this.options(more), AbortSignal.timeout(60_000));
  }

  /** The processes of this world's machines. */
  async processes(): Promise<number[]> {
    return (await qemuProcesses()).filter(({ command }) => command.includes(this.folder)).map(({ pid }) => pid);
  }

  /** Whatever a test left: each process is asked for by its id, after its command line said that it is of this folder. */
  async dispose(): Promise<void> {
    for (const pid of await this.processes()) process.kill(pid, "SIGKILL");
    while ((await this.processes()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5Q1vJv2rS0uJ4m0c1yq2H1c1bq0d6vV1aQ9Yb2sZ3k world";

export const qemuImg = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)("qemu-img", args)).stdout;
