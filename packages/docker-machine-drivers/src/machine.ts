import { createServer } from "node:net";
import { join } from "node:path";
import { type DriverModule, type MachineState, MachinistError, type PowerAction, type Run } from "@machinist/core";
import { type Machinist, type Outcome, openMachinist } from "@machinist/fleet";
import { resolveOptions } from "@machinist/options";
import { type Config, merged, newConfig } from "./config.ts";
import { type Given, givenBy } from "./create-flags.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** docker-machine's numbers of what a machine does. */
const states: readonly MachineState[] = [
  ...(["missing", "running", "paused", "saved", "stopped"] as const),
  ...(["stopping", "starting", "error", "unknown"] as const),
];

/** Another command of docker-machine's may be at work on what machines share, in ms. */
const LOCK_WAIT_MS = 10 * 60_000;

export interface MachineOptions {
  readonly module: DriverModule;
  readonly env: Env;
  /** A line for the user. */
  readonly log: (line: string) => void;
}

/**
 * The one machine that a plugin's process is about. machinist makes it in a store of its own inside docker-machine's, so that a
 * Create that was killed goes on or is removed like any other.
 */
export class Machine {
  config: Config = newConfig();
  readonly #options: MachineOptions;
  readonly #stop = new AbortController();
  #secrets: Given["secrets"] = {};
  #machinist: Promise<Machinist> | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  configure(text: string): void {
    this.config = merged(this.config, text);
  }

  /** Throws `options.*`. */
  setFlags(values: Parameters<typeof givenBy>[1]): void {
    const { module, env } = this.#options;
    const { options, secrets } = givenBy(module, values);
    resolveOptions(module, options, env, process.cwd());
    this.config = { ...this.config, Options: options };
    this.#secrets = secrets;
  }

  async check(): Promise<void> {
    const { module } = this.#options;
    const { storePath, MachineName: name } = this.#place();
    const driver = module.create({
      cacheDir: join(storePath, "cache"),
      machineDir: (machine) => join(storePath, "machines", machine),
      env: this.#env(),
    });
    const options = resolveOptions(module, this.config.Options, this.#env(), process.cwd());
    await driver.check?.({ name, fleet: "default", publicKey: "" }, options, this.#stop.signal);
  }

  /** Make it, or go on with one that was begun. Docker is not set up: docker-machine does that. */
  async create(): Promise<void> {
    const { module } = this.#options;
    const machinist = await this.#opened();
    const { MachineName: name, Options: options } = this.config;
    // Where a machine is behind a NAT, its Docker must listen at the very port at which it is reached.
    const forwarded = module.options.properties.publish !== undefined;
    if (forwarded && this.config.EnginePort === 2376) this.config = { ...this.config, EnginePort: await freePort() };
    const port = this.config.EnginePort;
    const published = forwarded ? { publish: [...listOf(options.publish), `${port}:${port}`] } : {};
    const request = {
      ...{ name, driver: module.name, engine: false as const },
      options: { ...options, ...published },
      ...(forwarded ? {} : { enginePort: port }),
    };
    const known = (await machinist.names()).includes(name) ? await machinist.info(name) : undefined;
    if (known === undefined || known.incomplete)
      await this.#settled(machinist.create([request], { signal: this.#stop.signal }));
    await this.#find(machinist);
  }

  async remove(): Promise<void> {
    const machinist = await this.#opened();
    const { MachineName: name } = this.config;
    if (!(await machinist.names()).includes(name)) return;
    await this.#settled(machinist.remove([name], { signal: this.#stop.signal }));
  }

  async power(action: PowerAction): Promise<void> {
    const machinist = await this.#opened();
    await this.#settled(machinist.power(action, [this.config.MachineName], { signal: this.#stop.signal }));
    await this.#find(machinist);
  }

  /** The number of its state. */
  async state(): Promise<number> {
    const machinist = await this.#opened();
    const { MachineName: name } = this.config;
    if (!(await machinist.names()).includes(name)) return 0;
    return states.indexOf(await machinist.status(name, { signal: this.#stop.signal }));
  }

  /** How it is reached now: an address may change with a start. Throws where it does not run, as docker-machine expects. */
  async address(): Promise<Config> {
    if (states[await this.state()] !== "running") throw new MachinistError("driver.not-running", "Host is not running");
    return this.#find(await this.#opened());
  }

  /** Give up what is under way: nobody waits for it any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    const machinist = await this.#machinist?.catch(() => undefined);
    await machinist?.[Symbol.asyncDispose]();
  }

  #place() {
    const { StorePath: outer, MachineName } = this.config;
    if (outer === "" || MachineName === "")
      throw new MachinistError("driver.no-machine", "docker-machine has not said which machine this is about");
    return { storePath: join(outer, "machinist"), MachineName };
  }

  #env(): Env {
    return { ...this.#options.env, ...this.#secrets };
  }

  #opened(): Promise<Machinist> {
    const { storePath } = this.#place();
    const drivers = [this.#options.module];
    this.#machinist ??= openMachinist({ storagePath: storePath, env: this.#env(), drivers, lockWaitMs: LOCK_WAIT_MS });
    return this.#machinist;
  }

  async #find(machinist: Machinist): Promise<Config> {
    const { endpoint, folder, fleet } = await machinist.info(this.config.MachineName);
    if (!endpoint) return this.config;
    const { storePath } = this.#place();
    const keyPath = endpoint.keyPath ?? (await keyOf([folder, join(storePath, "fleets", fleet)]));
    const { host: IPAddress, port: SSHPort, user: SSHUser } = endpoint;
    this.config = { ...this.config, IPAddress, SSHPort, SSHUser, SSHKeyPath: keyPath };
    return this.config;
  }

  async #settled(run: Run<Outcome>): Promise<void> {
    const told = async () => {
      for await (const event of run)
        if (event.type === "log" && event.level !== "debug") this.#options.log(event.message);
    };
    const [outcome] = await Promise.all([run.result, told()]);
    if (outcome.ok) return;
    const [first] = outcome.failures;
    const hint = first?.hint === undefined ? "" : `. ${first.hint}`;
    throw new MachinistError("driver.failed", first === undefined ? "It was interrupted" : `${first.message}${hint}`);
  }
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The first of these folders that has machinist's private key. */
async function keyOf(folders: readonly string[]): Promise<string> {
  const { access } = await import("node:fs/promises");
  for (const path of folders.map((folder) => join(folder, "id_ed25519")))
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  return "";
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
