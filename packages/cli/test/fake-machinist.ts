import type { DriverModule, EventBody, Host, RunOptions } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Loss, MachineInfo, MachineView, Machinist, Outcome } from "@machinist/fleet";

export const info = (name: string, more: Partial<MachineInfo> = {}): MachineInfo => ({
  name,
  fleet: name,
  driver: "toy",
  options: { size: 2 },
  engine: { labels: { env: "dev" } },
  folder: `/store/machines/${name}`,
  url: `tcp://10.0.0.${name.length}:2376`,
  endpoint: { host: `10.0.0.${name.length}`, port: 22, user: "root" },
  createdAt: 0,
  resources: [],
  incomplete: false,
  ...more,
});

export const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  ok: true,
  cancelled: false,
  changed: 1,
  machines: [],
  failures: [],
  ms: 1200,
  ...more,
});

export const toyDriver: DriverModule = {
  name: "toy",
  description: "Machines made of nothing.",
  options: {
    type: "object",
    additionalProperties: false,
    required: ["size"],
    properties: {
      size: { type: "integer", description: "How big.", minimum: 1, "x-env": "TOY_SIZE" },
      colour: { type: "string", description: "Its colour.", default: "red", enum: ["red", "blue"] },
      tag: { type: "array", description: "Tags.", items: { type: "string" } },
      shiny: { type: "boolean", description: "Whether it shines.", "x-group": "Looks" },
      old: { type: "string", description: "Old.", "x-unused": "Nothing is made of iron any more." },
    },
  },
  credentials: { "access-token": { description: "The key to the toy box", env: "TOY_TOKEN" } },
  create() {
    throw new Error("not in this test");
  },
};

export interface FakeHostCall {
  readonly argv: readonly string[];
  readonly options: RunOptions | undefined;
}

export interface Fake {
  readonly machinist: Machinist;
  /** `METHOD ARGUMENTS-AS-JSON` of every call that does something. */
  readonly calls: [method: string, ...args: unknown[]][];
  closed: number;
}

export interface FakeOptions {
  readonly machines?: readonly MachineInfo[];
  readonly views?: readonly MachineView[];
  readonly events?: readonly EventBody[];
  readonly outcome?: Outcome;
  /** What `up` would remove, and asks about. */
  readonly losses?: readonly Loss[];
  readonly host?: Partial<Host>;
  /** By the clock of the store. */
  readonly now?: number;
  readonly overrides?: Partial<Machinist>;
}

/** A library that has these machines and whose operations go as told. */
export function fakeMachinist(options: FakeOptions = {}): Fake {
  const machines = options.machines ?? [info("web-1"), info("db")];
  const calls: Fake["calls"] = [];
  const operation =
    (method: string) =>
    (...args: unknown[]) => {
      calls.push([method, ...args.map(withoutSignal)]);
      return {
        result: Promise.resolve(options.outcome ?? outcome()),
        async *[Symbol.asyncIterator]() {
          for (const [index, event] of (options.events ?? []).entries()) yield { at: 1100 + index * 100, ...event };
        },
      };
    };
  const find = async (name: string): Promise<MachineInfo> => {
    const found = machines.find((machine) => machine.name === name);
    if (found) return found;
    throw new MachinistError("machine.unknown", `There is no machine ${JSON.stringify(name)}`, { hint: "Look again." });
  };
  const fake: Fake = { calls, closed: 0, machinist: undefined as never };
  const machinist: Machinist = {
    storagePath: "/store",
    plan: async (spec) => ({ fleet: spec.name, changes: [] }),
    up: (spec, control = {}) => {
      const { agree, ...asked } = control;
      if (!options.losses) return operation("up")(spec, asked);
      const deciding = (async () => {
        if (agree && !(await agree(options.losses ?? []))) throw new MachinistError("plan.declined", "No");
        return operation("up")(spec, asked).result;
      })();
      return { result: deciding, async *[Symbol.asyncIterator]() {} };
    },
    down: operation("down"),
    unreachable: async () => [],
    wrapDockerMachine: async (program) => ({ program, drivers: ["azure", "google"], folder: "/store/drivers/bin" }),
    nameOfDockerMachine: async (driver) => driver,
    recoverSwarm: operation("recoverSwarm"),
    rotateSwarmKey: operation("rotateSwarmKey"),
    create: operation("create"),
    clone: operation("clone"),
    rename: operation("rename"),
    snapshot: operation("snapshot"),
    snapshots: async () => [{ name: "before", takenAt: Date.parse("2026-11-25T10:00:00Z") }],
    exportMachines: async () => ({ data: new Uint8Array(), opened: [] }),
    forgetExported: async () => {},
    importMachines: async () => ({ machines: [], fresh: [], fleets: {} }),
    remove: operation("remove"),
    power: operation("power"),
    provision: operation("provision"),
    regenerateCerts: operation("regenerateCerts"),
    lease: operation("lease"),
    reap: operation("reap"),
    time: async () => options.now ?? 0,
    locks: async () => [],
    unlock: async () => [],
    async *audit() {},
    async *events() {},
    rotateAuthority: operation("rotateAuthority"),
    prepareAuthority: async (path) => ({ path, people: [] }),
    peopleCutOff: async () => [],
    certificates: async () => [],
    grantAccess: operation("grantAccess"),
    revokeAccess: operation("revokeAccess"),
    access: async () => [],
    names: async () => machines.map(({ name }) => name),
    fleets: async () => [...new Set(machines.map(({ fleet }) => fleet))],
    info: find,
    machines: async () => [
      ...(options.views ??
        machines.map((info) => ({ name: info.name, info, state: "running" as const, active: false, responseMs: 1 }))),
    ],
    status: async (name) => {
      await find(name);
      return "running";
    },
    drift: async (name) => {
      await find(name);
      return [];
    },
    prices: async () => [],
    addDriver: async () => [],
    removeDriver: async () => {},
    connection: async (name) => {
      const { url, folder } = await find(name);
      if (url === undefined) throw new MachinistError("machine.no-engine", `${name} has no Docker`);
      return { machine: name, url, certPath: folder, tls: true };
    },
    host: async (name) => {
      await find(name);
      return { name, ...options.host } as Host;
    },
    engine: async () => ({ url: "", request: async <T>() => ({ Version: "28.1.0" }) as T, close() {} }),
    active: async () => undefined,
    driver: async (name) => {
      if (name === "toy") return toyDriver;
      throw new MachinistError("driver.unknown", `There is no driver ${name}`, {
        hint: "npm i -g @machinist/driver-toy",
      });
    },
    drivers: async () => [toyDriver],
    orphans: async () => ({ orphans: [], drivers: ["toy"], failures: [], skipped: [] }),
    prune: operation("prune"),
    driversHere: async () => [],
    doctor: async () => [],
    async [Symbol.asyncDispose]() {
      fake.closed++;
    },
    ...options.overrides,
  };
  return Object.assign(fake, { machinist });
}

function withoutSignal(argument: unknown): unknown {
  if (typeof argument !== "object" || argument === null || !("signal" in argument)) return argument;
  const { signal: _, ...rest } = argument;
  return rest;
}
