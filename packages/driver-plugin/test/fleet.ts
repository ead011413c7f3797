import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  converge,
  type Data,
  type Driver,
  type DriverModule,
  FileStore,
  newRecord,
  type PlannedMachine,
  type Resource,
  StateManager,
  type States,
} from "@machinist/core";
import { findPlugin } from "@machinist/driver-plugin";
import type { Shelf } from "./shelf.ts";

const name = "m";
const quiet = { signal: new AbortController().signal, log: () => {} };

/** One machine of the shelf's plugin, brought about by the real loop over a real store. */
export interface TestFleet {
  readonly module: DriverModule;
  readonly driver: Driver;
  readonly machine: PlannedMachine;
  options(more: Data): Data;
  /** Bring it about; what was changed, each `ID CHANGE`. Throws the first failure. */
  settle(more: Data, how?: AbortSignal | PlannedMachine): Promise<string[]>;
  removeAll(): Promise<void>;
  /** Its plugin has removed it, and the run was killed before that was on record. */
  killedAfterRemoval(): Promise<void>;
  /** What was warned of. */
  warnings(): readonly string[];
  states(): Promise<States>;
  status(): Promise<string>;
  power(action: "start" | "stop" | "restart" | "kill"): Promise<void>;
  /** Take a machine's file away, as somebody at the provider's own console would. */
  lose(file: string): Promise<void>;
  begun(): Promise<Data | undefined>;
  /** Told each line that a plugin prints, as it comes. */
  onLine(listener: (line: string) => void): void;
  everythingSaved(): Promise<string>;
  /** Plugins of this fleet that still run. */
  processes(): Promise<string[]>;
}

export async function fleetOf(shelf: Shelf, more: Readonly<Record<string, string>> = {}): Promise<TestFleet> {
  const env = { ...process.env, PATH: `${shelf.bin}:${process.env.PATH}`, SHELF_TOKEN: "sesame", ...more };
  const module = (await findPlugin("shelf", env, quiet.signal))!;
  const machineDir = (machine: string) => join(shelf.storeDir, "machines", machine);
  mkdirSync(machineDir(name), { recursive: true, mode: 0o700 });
  const driver = module.create({ env, machineDir, cacheDir: join(shelf.storeDir, "cache") });
  const store = new FileStore(shelf.storeDir);
  const machine = { name, fleet: "f", publicKey: "ssh-ed25519 AAAA shelf" };
  const options = (given: Data): Data => ({
    ...{ folder: shelf.folder, manner: "good", size: 1, glossy: false },
    ...{ host: "127.0.0.1", port: 2222, user: "shelf", ...given },
  });
  const warned: string[] = [];
  let listener: (line: string) => void = () => {};
  const run = async (wanted: readonly Resource[], signal = quiet.signal) => {
    const outcomes = await converge({
      wanted,
      stateManager: new StateManager(store, [(await store.load(name)) ?? newRecord(name, "f")]),
      resourceTypes: driver.resourceTypes,
      emit: (event) => {
        if (event.type !== "log") return;
        listener(event.message);
        if (event.level === "warn") warned.push(event.message);
      },
      signal,
      replace: true,
    });
    const broken = outcomes.find(({ error }) => error !== undefined);
    if (broken) throw broken.error;
    return outcomes.map(({ id, change }) => `${id} ${change}`);
  };
  const states = async (): Promise<States> => {
    const { resources = {} } = (await store.load(name)) ?? {};
    return Object.fromEntries(Object.values(resources).flatMap(({ id, state }) => (state ? [[id, state]] : [])));
  };
  const call = async () => ({ machine: name, states: await states(), ...quiet });
  return {
    module,
    driver,
    machine,
    options,
    settle: async (given, how) =>
      how === undefined || "aborted" in how
        ? run(await driver.plan(machine, options(given)), how)
        : run(await driver.plan(how, options(given))),
    removeAll: async () => void (await run([])),
    killedAfterRemoval: async () => {
      const record = await store.load(name);
      await run([]);
      await store.save(record!);
    },
    warnings: () => warned,
    states,
    status: async () => driver.status!(await call()),
    power: async (action) => driver.power![action]!(await call()),
    lose: (file) => rm(join(shelf.folder, file)),
    onLine: (told) => {
      listener = told;
    },
    begun: async () => {
      const text = await readFile(join(machineDir(name), "plugin", "begun.json"), "utf8").catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as Data);
    },
    everythingSaved: async () => {
      const saved = await readdir(shelf.storeDir, { recursive: true, withFileTypes: true });
      const paths = saved.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      return (await Promise.all(paths.map((path) => readFile(path, "utf8")))).join("\n");
    },
    processes: async () =>
      execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
        .split("\n")
        .filter((line) => line.includes(shelf.bin)),
  };
}
