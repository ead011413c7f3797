import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Data,
  type Driver,
  type Endpoint,
  type EngineApi,
  type Engines,
  fleetScope,
  type Host,
  type Hosts,
  type Level,
  MachinistError,
  type ResourceTypes,
  type ScopeRecord,
  type States,
} from "@machinist/core";
import type { DockerClient } from "@machinist/docker-client";
import type { HostPool } from "@machinist/ssh";
import type { SwarmOptions } from "@machinist/swarm";
import { keyPathOf } from "./identities.ts";
import { reachOf } from "./reach.ts";
import { unlockKeys } from "./unlock-keys.ts";
import type { Workspace } from "./workspace.ts";

/** A machine's record and states as an operation sees them: its own view first, the store's for all others. */
export type Locate = (machine: string) => Promise<{ record: ScopeRecord; states: States } | undefined>;

/**
 * Connections to machines and the kinds that use them. Packages are loaded when they are first needed; each machine has
 * one SSH connection and one API client, which end with this object.
 */
export class Services {
  readonly hosts: Hosts;
  readonly engines: Engines;
  readonly #workspace: Workspace;
  readonly #locate: Locate;
  readonly #log: (machine: string, message: string, level: Level) => void;
  readonly #sshWaitMs: number | undefined;
  #pool: Promise<HostPool> | undefined;
  readonly #kept = new Map<string, Promise<Host>>();
  readonly #clients = new Map<string, { url: string; api: DockerClient }>();

  /** `sshWaitMs`: how long to wait for a machine whose SSH does not answer. Default: as long as one may boot. */
  constructor(
    workspace: Workspace,
    locate: Locate,
    log: (machine: string, message: string, level: Level) => void,
    sshWaitMs?: number,
  ) {
    this.#workspace = workspace;
    this.#sshWaitMs = sshWaitMs;
    this.#locate = locate;
    this.#log = log;
    this.hosts = { connect: (machine, options) => this.#host(machine, options) };
    this.engines = { connect: (machine) => this.#engine(machine) };
  }

  /** Where a machine's SSH answers. Throws `machine.no-ssh` where there is none, `machine.no-address` where it is not known yet. */
  async endpoint(machine: string): Promise<Endpoint> {
    const { driver, states } = await this.#machine(machine);
    if (!driver.endpoint)
      throw new MachinistError("machine.no-ssh", `${machine} (driver ${driver.name}) has no SSH`, {
        hint: "Only its Docker can be reached: machinist env",
      });
    const { endpoint } = reachOf(driver, machine, states);
    if (endpoint) return endpoint;
    throw new MachinistError("machine.no-address", `${machine} has no address yet`, {
      hint: `Start it, or finish making it: machinist start ${machine}`,
    });
  }

  /** The engine's URL: of the Docker we set up, or of the one the user brought. */
  async engineUrl(machine: string): Promise<string> {
    const { driver, states } = await this.#machine(machine);
    const { url } = reachOf(driver, machine, states);
    if (url) return url;
    throw new MachinistError("machine.no-engine", `There is no Docker on ${machine} (yet)`, {
      hint: `Finish it: machinist provision ${machine}`,
    });
  }

  /** The kinds of `drivers`, and those of ours among `used`: the packages of others are not loaded. */
  async kinds(drivers: Iterable<Driver>, used: Iterable<string>): Promise<ResourceTypes> {
    const names = new Set(used);
    const loaded = await Promise.all(
      Object.entries(this.#packages).map(([kinds, load]) =>
        kinds.split(" ").some((kind) => names.has(kind)) ? load() : {},
      ),
    );
    return Object.assign({}, ...loaded, ...[...drivers].map((driver) => driver.resourceTypes)) as ResourceTypes;
  }

  /** What brings our own kinds, by their names. */
  readonly #packages: Readonly<Record<string, () => Promise<ResourceTypes>>> = {
    "docker.engine": async () => {
      const { engineResourceTypes, createCertificates } = await import("@machinist/provision");
      return engineResourceTypes({
        hosts: this.hosts,
        machineDir: (machine) => this.#workspace.store.folder(machine),
        certificates: createCertificates({ folder: this.#workspace.certsFolder }),
        verify: (url, folder, signal) => verify(url, folder, signal),
      });
    },
    "swarm.cluster swarm.member": async () => {
      const { swarmResourceTypes } = await import("@machinist/swarm");
      return swarmResourceTypes(this.swarm);
    },
    "compose.project swarm.stack": async () => {
      const { composeResourceTypes } = await import("@machinist/compose-runner");
      const { env, contentFolder } = this.#workspace;
      return composeResourceTypes({ hosts: this.hosts, env, contentFolder, manager: (fleet) => this.#managers(fleet) });
    },
    "docker.context": async () => {
      const { contextResourceTypes } = await import("@machinist/docker-client");
      const { env, store } = this.#workspace;
      return contextResourceTypes({ env, store: store.path, certificates: (machine) => this.#certificates(machine) });
    },
  };

  /** What the Swarm of a fleet is managed with. */
  get swarm(): SwarmOptions {
    return {
      engines: this.engines,
      advertise: (machine) => this.#advertised(machine),
      keys: unlockKeys((fleet) => this.#workspace.store.folder(fleetScope(fleet))),
    };
  }

  /** End one machine's connections, for example before its power goes. */
  async drop(machine: string): Promise<void> {
    this.#kept.delete(machine);
    this.#clients.get(machine)?.api.close();
    this.#clients.delete(machine);
    await (await this.#pool)?.drop(machine);
  }

  async close(): Promise<void> {
    for (const { api } of this.#clients.values()) api.close();
    this.#clients.clear();
    await (await this.#pool)?.closeAll();
  }

  async #machine(name: string) {
    const found = await this.#locate(name);
    if (!found?.record.machine)
      throw new MachinistError("machine.unknown", `There is no machine ${JSON.stringify(name)}`);
    return {
      ...found,
      driver: await this.#workspace.drivers.driver(found.record.machine.driver),
    };
  }

  async #host(machine: string, options?: Parameters<Hosts["connect"]>[1]): Promise<Host> {
    this.#pool ??= this.#openPool();
    const pool = await this.#pool;
    // One handle is held so that the connection outlives those who use it in turn.
    if (!this.#kept.has(machine)) {
      const first = pool.connect(machine, options);
      this.#kept.set(machine, first);
      first.catch(() => this.#kept.delete(machine));
      await first;
    }
    return pool.connect(machine, options);
  }

  async #openPool(): Promise<HostPool> {
    const { createHosts } = await import("@machinist/ssh");
    return createHosts({
      env: this.#workspace.env,
      log: this.#log,
      ...(this.#sshWaitMs === undefined ? {} : { waitMs: this.#sshWaitMs }),
      target: async (machine) => {
        const folder = this.#workspace.store.folder(machine);
        const { driver, record } = await this.#machine(machine);
        return {
          endpoint: await this.endpoint(machine),
          identity: keyPathOf(this.#workspace, driver, machine, record.fleet),
          knownHosts: join(folder, "known_hosts"),
        };
      },
    });
  }

  async #engine(machine: string): Promise<EngineApi> {
    const url = await this.engineUrl(machine);
    const known = this.#clients.get(machine);
    if (known?.url === url) return known.api;
    known?.api.close();
    const { createEngineApi } = await import("@machinist/docker-client");
    const folder = await this.#certificates(machine);
    const api = createEngineApi({ url, machine, ...(folder ? { tls: await tlsIn(folder, machine) } : {}) });
    this.#clients.set(machine, { url, api });
    return api;
  }

  /** Where the others of a Swarm reach a machine. */
  async #advertised(machine: string): Promise<string> {
    const { host, privateHost = host } = await this.endpoint(machine);
    if (!/^(127\.|::1$|localhost$)/.test(privateHost)) return privateHost;
    throw new MachinistError("swarm.loopback", `${machine} is reached through a port forward of this computer alone`, {
      hint: "Put its machines into a network of their own (its driver's options), or give swarm.advertise",
    });
  }

  /** The folder with what a client needs; undefined for an engine that the user gave by its URL alone. */
  async #certificates(machine: string): Promise<string | undefined> {
    const { driver } = await this.#machine(machine);
    return driver.engineUrl ? undefined : this.#workspace.store.folder(machine);
  }

  /** Machines of a fleet that manage its Swarm, as recorded. */
  async #managers(fleet: string): Promise<string[]> {
    const cluster = await this.#locate(`@${fleet}`);
    const props = cluster?.record.resources[`@${fleet}/swarm`]?.props as Data | undefined;
    return Array.isArray(props?.managers) ? props.managers.map(String) : [];
  }
}

async function verify(url: string, folder: string, signal: AbortSignal) {
  const { createEngineApi } = await import("@machinist/docker-client");
  const api = createEngineApi({ url, tls: await tlsIn(folder, url) });
  try {
    const [version, info] = await Promise.all([
      api.request<{ Version: string; ApiVersion: string }>("GET", "/version", { signal, timeoutMs: 10_000 }),
      api.request<{ ID: string; Driver?: string; DockerRootDir?: string }>("GET", "/info", {
        signal,
        timeoutMs: 10_000,
      }),
    ]);
    const { ID: id, Driver: storage = "", DockerRootDir: root = "" } = info;
    return { version: version.Version, apiVersion: version.ApiVersion, id, storage, root };
  } finally {
    api.close();
  }
}

async function tlsIn(folder: string, what: string) {
  try {
    const [ca, cert, key] = await Promise.all(
      ["ca", "cert", "key"].map((name) => readFile(join(folder, `${name}.pem`), "utf8")),
    );
    return { ca: ca!, cert: cert!, key: key! };
  } catch (cause) {
    throw new MachinistError("machine.no-certificates", `The client certificates of ${what} cannot be read`, {
      cause,
      hint: "Make new ones: machinist regenerate-certs",
    });
  }
}
