import { join } from "node:path";
import {
  FileStore,
  fleetScope,
  isFleetScope,
  type MachineIntent,
  MachinistError,
  newRecord,
  type ScopeRecord,
  type States,
} from "@machinist/core";
import type { OpenOptions } from "./api.ts";
import { Drivers } from "./drivers.ts";
import { hintOf } from "./hint-of.ts";
import { byName } from "./machine-name.ts";
import type { RunContext } from "./run/run-context.ts";
import { storagePath } from "./storage-path.ts";
import { userCache } from "./user-cache.ts";

/** What every operation stands on: the store, the drivers, the environment. */
export class Workspace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: FileStore;
  readonly drivers: Drivers;
  readonly concurrency: number;
  readonly lockWaitMs: number;
  /** The command line that this process was called with, for the audit log. */
  readonly command: readonly string[] | undefined;
  /** The run that is under way; none where something is only looked at. */
  readonly run: RunContext | undefined;

  constructor(options: OpenOptions) {
    this.env = options.env ?? process.env;
    this.store = new FileStore(storagePath(this.env, options.storagePath), {
      file: "config.json",
      record: async (scope) => (await import("./adopted.ts")).adopted(this.store.path, scope, this.drivers, this.env),
      // docker-machine kept the cloud's secrets in that file.
      taken: async (record) => (await import("./config-json.ts")).projectConfig(this, record),
    });
    this.concurrency = options.concurrency ?? 16;
    this.lockWaitMs = options.lockWaitMs ?? 0;
    this.command = options.command;
    this.run = undefined;
    const context = {
      cacheDir: join(this.store.path, "cache"),
      sharedDir: userCache(this.env),
      machineDir: (machine: string) => this.store.folder(machine),
      env: this.env,
    };
    this.drivers = new Drivers(options.drivers ?? [], context, join(this.store.path, "drivers"));
  }

  /** The same store and drivers, during a run. */
  during(run: RunContext): Workspace {
    return Object.assign(Object.create(Workspace.prototype) as Workspace, this, { run });
  }

  get certsFolder(): string {
    return join(this.store.path, "certs");
  }

  /** What carried files were when they were read, one file a project. */
  get contentFolder(): string {
    return join(this.store.path, "cache", "compose");
  }

  async machineNames(): Promise<string[]> {
    return (await this.store.list()).filter((scope) => !isFleetScope(scope)).sort(byName);
  }

  async fleetNames(): Promise<string[]> {
    const scopes = await this.store.list();
    return scopes
      .filter(isFleetScope)
      .map((scope) => scope.slice(1))
      .sort(byName);
  }

  /** Fleets that machines belong to, also those whose machines share nothing. */
  async fleetsOfMachines(): Promise<string[]> {
    return [...new Set((await this.readable()).map(({ fleet }) => fleet))].sort(byName);
  }

  /** A new, empty record of this store. */
  async newRecord(
    scope: string,
    fleet: string,
    machine?: MachineIntent,
    uses: readonly string[] = [],
  ): Promise<ScopeRecord> {
    return newRecord(scope, fleet, machine, uses, await this.store.mark());
  }

  /** Throws `machine.unknown` with the nearest name. */
  async record(machine: string): Promise<ScopeRecord> {
    const record = isFleetScope(machine) ? undefined : await this.store.load(machine);
    if (record) return record;
    const names = await this.machineNames();
    throw new MachinistError("machine.unknown", `There is no machine ${JSON.stringify(machine)}`, {
      hint: hintOf(machine, names) ?? "See which there are: machinist ls",
    });
  }

  /** A machine's states as saved, with those of what its fleet shares. */
  async states(record: ScopeRecord): Promise<States> {
    const shared = await this.store.load(fleetScope(record.fleet));
    return { ...savedStates(shared), ...savedStates(record) };
  }

  /** Throws what reading a record threw (`store.corrupt` and others), if there is one of a machine that cannot be read. */
  async refuseUnreadable(): Promise<void> {
    await Promise.all((await this.machineNames()).map((name) => this.store.load(name)));
  }

  /** Records of all machines; one that cannot be read is left out. */
  async readable(): Promise<ScopeRecord[]> {
    const names = await this.machineNames();
    const records = await Promise.all(names.map((name) => this.store.load(name).catch(() => undefined)));
    return records.filter((record) => record !== undefined);
  }
}

export function savedStates(record: ScopeRecord | undefined): States {
  const entries = Object.values(record?.resources ?? {}).flatMap(({ id, state }) =>
    state ? [[id, state] as const] : [],
  );
  return Object.fromEntries(entries);
}
