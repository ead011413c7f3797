import type { EngineOptions, SwarmOptions } from "@machinist/machine-config";
import { messageOf } from "../cli-error.ts";
import type { Call, Found, Opening } from "../command.ts";
import { swarmUrlOf, urlOf } from "../host/address.ts";
import { driverKnown, notFound } from "../host/driver-known.ts";
import { engineVersion } from "../host/engine-version.ts";
import { type Host, loadHost } from "../host/load.ts";

/** A row of `ls`. */
export interface Item {
  readonly Name: string;
  readonly Active: string;
  readonly ActiveHost: boolean;
  readonly ActiveSwarm: boolean;
  readonly DriverName: string;
  readonly State: string;
  readonly URL: string;
  readonly SwarmOptions: SwarmOptions | undefined;
  readonly Swarm: string;
  readonly EngineOptions: EngineOptions | undefined;
  readonly Error: string;
  readonly DockerVersion: string;
  /** In ms. */
  readonly ResponseTime: number;
}

/** What a driver is called that is not here. */
const absent = "not-found";

const blank = {
  Active: "",
  ActiveHost: false,
  ActiveSwarm: false,
  URL: "",
  SwarmOptions: undefined,
  Swarm: "",
  EngineOptions: undefined,
  Error: "",
  DockerVersion: "",
  ResponseTime: 0,
};

/** A machine that can be read, or the row that says why it cannot. */
export function loadOrRow(storePath: string, name: string): Host | Item {
  try {
    return loadHost(storePath, name);
  } catch (thrown) {
    return unloadable(name, messageOf(thrown));
  }
}

const unloadable = (name: string, why: string): Item => ({
  ...{ ...blank, Name: name, DriverName: "not found", State: "Error" },
  Error: why.replaceAll("\n", ""),
});

export const isHost = (entry: Host | Item): entry is Host => "config" in entry;

/** What was found out, and what the driver is called then. */
export interface Looked extends Found {
  readonly driver: string;
}

interface Looking {
  readonly host: Host;
  /** Where it was looked at already. */
  readonly looked?: Looked;
}

/** Look at a machine, for `timeoutMs` at most. */
export async function readItem(
  call: Call,
  { host, looked }: Looking,
  swarms: ReadonlyMap<string, string>,
  timeoutMs: number,
) {
  const known = await driverKnown(call, host.config.DriverName);
  const startedAt = Date.now();
  const late = (): Item => ({
    ...{ ...blank, Name: host.name, DriverName: known ? host.config.DriverName : absent, State: "Timeout" },
    ResponseTime: Date.now() - startedAt,
  });
  if (timeoutMs <= 0 || looked?.state === "Timeout") return late();
  const whole = async (signal: AbortSignal) =>
    seen(call, host, looked ?? (await stateOf(call, host, signal)), { swarms, signal, startedAt });
  return withinTime(timeoutMs, whole, late);
}

/** What `work` comes to, or, where that takes too long, `late`; then it is told to stop. */
export async function withinTime<T>(ms: number, work: (signal: AbortSignal) => Promise<T>, late: () => T): Promise<T> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), ms);
  });
  try {
    return await Promise.race([tooLate, work(stop.signal)]);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

interface Sight {
  readonly swarms: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  readonly startedAt: number;
}

async function seen(call: Call, host: Host, looked: Looked, sight: Sight): Promise<Item> {
  const { state, error: stateError, driver } = looked;
  if (looked.unloadable) return unloadable(host.name, stateError);
  const { SwarmOptions: swarm, EngineOptions: engine } = host.config.HostOptions;
  const running = state === "Running";
  const url = running ? urlOf(host) : "";
  let version = "Unknown";
  let error = stateError;
  if (running) {
    try {
      version = `v${await engineVersion(host, sight.signal)}`;
    } catch (thrown) {
      error ||= messageOf(thrown);
    }
  }
  const dockerHost = call.io.env.DOCKER_HOST ?? "";
  const activeHost = url !== "" && url === dockerHost;
  const activeSwarm = running && swarm.Master && dockerHost !== "" && swarmUrlOf(host) === dockerHost;
  return {
    Name: host.name,
    Active: activeHost ? "*" : activeSwarm ? "* (swarm)" : "-",
    ActiveHost: activeHost,
    ActiveSwarm: activeSwarm,
    DriverName: driver,
    State: state,
    URL: url,
    SwarmOptions: swarm,
    Swarm: swarmWords(host, sight.swarms),
    EngineOptions: engine,
    Error: error,
    DockerVersion: version,
    ResponseTime: Date.now() - sight.startedAt,
  };
}

export async function stateOf(call: Opening & Pick<Call, "deep">, host: Host, signal: AbortSignal): Promise<Looked> {
  const driver = host.config.DriverName;
  if (!(await driverKnown(call, driver))) return { state: "Error", error: notFound(driver), driver: absent };
  // An engine known by its URL alone is always taken to be running.
  if (driver === "none") return { state: "Running", error: "", driver };
  const { machineState } = await call.deep();
  return { ...(await machineState(call, host, signal)), driver };
}

/** Masters by the discovery that their Swarm goes by. */
export function mastersOf(hosts: readonly Host[]): ReadonlyMap<string, string> {
  const masters = new Map<string, string>();
  for (const { name, config } of hosts) {
    const { Master, Discovery } = config.HostOptions.SwarmOptions;
    if (Master) masters.set(Discovery, name);
  }
  return masters;
}

/** To the letter: of several masters the last one is that of all, of the others too. */
function swarmWords({ config }: Host, masters: ReadonlyMap<string, string>): string {
  const { Discovery, Master } = config.HostOptions.SwarmOptions;
  if (Discovery === "") return "";
  const master = masters.get(Discovery) ?? "";
  return Master ? `${master} (master)` : master;
}
