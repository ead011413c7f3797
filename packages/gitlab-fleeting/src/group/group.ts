import { randomInt } from "node:crypto";
import { join } from "node:path";
import { type DriverModule, MachinistError } from "@machinist/core";
import type { MachineInfo } from "@machinist/fleet";
import type { Log } from "../wire/hclog.ts";
import { connectInfoOf } from "./connect.ts";
import type { ConnectInfo, ConnectorConfig, Done, InstanceGroup, InstanceState, ProviderInfo } from "./contract.ts";
import { Machines } from "./machines.ts";
import { openGroup } from "./open.ts";
import type { Opened } from "./opened.ts";
import { Roster } from "./roster.ts";
import { Tasks } from "./tasks.ts";
import { LOOK_MS, stateOf, tend } from "./tend.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** How long what is being removed is waited for at the end, in ms. */
const LEAVE_MS = 30_000;

const letters = "abcdefghijkmnpqrstuvwxyz23456789";

export interface GroupOptions {
  readonly env: Env;
  readonly log: Log;
  /** Of this plugin, for the runner's log. */
  readonly version: string;
  /** Drivers that need not be looked up. */
  readonly drivers?: readonly DriverModule[];
  /** How long the runner waits at most for machines to be begun, in ms; then they are told of as if they were. Default 30 000. */
  readonly beginMs?: number;
}

/**
 * Machines that a runner's autoscaler asks for and gives back. The store holds which machines there are and what each should
 * be; their state is read from the provider. So the next plugin resumes what a killed one had begun.
 */
export class Group implements InstanceGroup {
  readonly #options: GroupOptions;
  #opened: Opened | undefined;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  async init(config: unknown, connector: ConnectorConfig): Promise<ProviderInfo> {
    if (this.#opened)
      throw new MachinistError("fleeting.twice", "The group is there already: Init is called once", {
        hint: "GitLab Runner starts a plugin for each group",
      });
    const { env, log, drivers, version, beginMs } = this.#options;
    const { settings, machinist, module } = await openGroup(config, connector.protocol, {
      env,
      ...(drivers && { drivers }),
    });
    const roster = await Roster.open(machinist.storagePath, settings.name);
    const [tasks, stop] = [new Tasks(), new AbortController()];
    const machines = new Machines({ machinist, roster, tasks, log, signal: stop.signal, beginMs });
    this.#opened = { settings, connector, machinist, roster, tasks, machines, log, stop };
    const known = roster.names().length;
    if (known > 0) log("info", `${known} machines of the group ${settings.name} were there before`);
    await tend(this.#opened);
    return {
      id: `machinist/${settings.machine.driver}/${settings.name}`,
      maxSize: settings.maxSize,
      version,
      buildInfo: `driver ${module.name}, store ${machinist.storagePath}`,
      capabilities: canSuspend(module, machinist.storagePath, env) ? ["suspend_resume"] : [],
    };
  }

  async update(): Promise<ReadonlyMap<string, InstanceState>> {
    const opened = this.#group();
    const before = opened.roster.names();
    const infos = await tend(opened);
    const states = await Promise.all(before.map(async (name) => [name, await stateOf(opened, name, infos)] as const));
    return new Map(states);
  }

  async increase(count: number): Promise<Done<number>> {
    const { settings, roster, machines } = this.#group();
    const room = Math.max(0, settings.maxSize - roster.names().length);
    const names = await this.#newNames(Math.min(count, room));
    const full =
      room >= count
        ? undefined
        : new MachinistError("fleeting.full", `The group ${settings.name} has ${settings.maxSize} machines at most`, {
            hint: "Raise max_size under plugin_config, or lower max_instances of the runner",
          });
    if (names.length === 0) return { done: 0, ...(full ? { problem: full } : {}) };
    await roster.want(names, "running");
    const { done, problem = full } = await machines.begin(names.map((name) => ({ name, ...settings.machine })));
    return { done, ...(problem ? { problem } : {}) };
  }

  async decrease(instances: readonly string[]): Promise<Done<readonly string[]>> {
    const { roster, machines, tasks } = this.#group();
    const { ours, strangers, gone } = await this.#whose(instances);
    await roster.want(ours, "gone");
    const names = ours.filter((name) => tasks.of(name) !== "removing");
    if (names.length > 0) void machines.remove(names);
    return { done: [...ours, ...gone], ...(strangers ? { problem: strangers } : {}) };
  }

  async connectInfo(instance: string): Promise<ConnectInfo> {
    const { connector, machinist } = this.#group();
    const info = await this.#whole(instance);
    return connectInfoOf(machinist, info, connector);
  }

  async heartbeat(instance: string): Promise<void> {
    const { machinist } = this.#group();
    await this.#whole(instance);
    const state = await machinist.status(instance, { signal: AbortSignal.timeout(LOOK_MS) });
    if (state !== "running")
      throw new MachinistError("fleeting.unhealthy", `${instance} does not run: it is ${state}`, {
        hint: "The runner gives it no more jobs, and removes it",
      });
  }

  async suspend(instances: readonly string[]): Promise<Done<readonly string[]>> {
    return this.#power("stop", "suspended", instances);
  }

  async resume(instances: readonly string[]): Promise<Done<readonly string[]>> {
    return this.#power("start", "running", instances);
  }

  /** What is being made is left as it is, for the next plugin; what is being removed is waited for. */
  async shutdown(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    this.#opened = undefined;
    opened.stop.abort();
    const late = new Promise<void>((resolve) => setTimeout(resolve, LEAVE_MS).unref());
    await Promise.race([opened.tasks.ended(), late]);
    await opened.machinist[Symbol.asyncDispose]();
    await opened.roster.close();
  }

  #group(): Opened {
    if (this.#opened) return this.#opened;
    throw new MachinistError("fleeting.closed", "There is no group yet, or no more", {
      hint: "GitLab Runner calls Init first",
    });
  }

  async #power(
    action: "start" | "stop",
    wanted: "running" | "suspended",
    instances: readonly string[],
  ): Promise<Done<readonly string[]>> {
    const { roster, machines } = this.#group();
    const { ours, strangers } = await this.#whose(instances);
    const names = ours.filter((name) => roster.get(name)?.prepared && roster.get(name)?.wanted !== "gone");
    if (names.length === 0) return { done: [], ...(strangers ? { problem: strangers } : {}) };
    await roster.want(names, wanted);
    const { done, problem = strangers } = await machines.power(action, names);
    const failed = names.filter((name) => !done.includes(name));
    if (failed.length > 0) await roster.want(failed, wanted === "running" ? "suspended" : "running");
    return { done, ...(problem ? { problem } : {}) };
  }

  /** Throws for what is no machine of this group that jobs can be given to. */
  async #whole(name: string): Promise<MachineInfo> {
    const { roster, machines, settings } = this.#group();
    const member = roster.get(name);
    const info = member?.wanted === "running" ? await machines.info(name) : undefined;
    if (info && !info.incomplete && member?.prepared) return info;
    throw new MachinistError("fleeting.instance", `${name} is no machine of the group ${settings.name} that is up`, {
      hint: "See which there are: machinist ls",
    });
  }

  /** Machines of this group, machines of others, and names that nobody has. */
  async #whose(instances: readonly string[]) {
    const { roster, settings, machinist } = this.#group();
    const names = new Set(await machinist.names());
    const ours = instances.filter((name) => roster.get(name));
    const others = instances.filter((name) => !roster.get(name) && names.has(name));
    const gone = instances.filter((name) => !roster.get(name) && !names.has(name));
    const strangers =
      others.length === 0
        ? undefined
        : new MachinistError("fleeting.stranger", `Not of the group ${settings.name}: ${others.join(", ")}`, {
            hint: "Remove them yourself if nobody wants them: machinist rm NAME",
          });
    return { ours, gone, strangers };
  }

  async #newNames(count: number): Promise<string[]> {
    const { settings, roster, machinist } = this.#group();
    const taken = new Set([...(await machinist.names()), ...roster.names()]);
    const names: string[] = [];
    while (names.length < count) {
      const name = `${settings.name}-${Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join("")}`;
      if (!taken.has(name)) names.push(name);
      taken.add(name);
    }
    return names;
  }
}

/** Whether machines of a driver can be turned off and on again. */
function canSuspend(module: DriverModule, storagePath: string, env: Env): boolean {
  const machineDir = (machine: string) => join(storagePath, "machines", machine);
  const { power } = module.create({ cacheDir: join(storagePath, "cache"), machineDir, env });
  return power?.start !== undefined && power.stop !== undefined;
}
