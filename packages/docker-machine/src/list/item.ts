import type { EngineOptions, SwarmOptions } from "@machinist/machine-config";
import type { Call, Opening } from "../command.ts";
import { messageOf } from "../complaint.ts";
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
    return { ...blank, Name: name, DriverName: "not found", State: "Error", Error: messageOf(thrown) };
  }
}

export const isHost = (entry: Host | Item): entry is Host => "config" in entry;

/** Look at a machine, for `timeoutMs` at most. */
export async function look(call: Call, host: Host, swarms: ReadonlyMap<string, string>, timeoutMs: number) {
  const late: Item = { ...blank, Name: host.name, DriverName: host.config.DriverName, State: "Timeout" };
  if (timeoutMs <= 0) return late;
  const startedAt = Date.now();
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Item>((resolve) => {
    timer = setTimeout(() => resolve({ ...late, ResponseTime: Date.now() - startedAt }), timeoutMs);
  });
  try {
    return await Promise.race([tooLate, seen(call, host, swarms, stop.signal, startedAt)]);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

async function seen(
  call: Call,
  host: Host,
  swarms: ReadonlyMap<string, string>,
  signal: AbortSignal,
  startedAt: number,
): Promise<Item> {
  const { SwarmOptions: swarm, EngineOptions: engine } = host.config.HostOptions;
  const { state, error: stateError, driver } = await stateOf(call, host, signal);
  const running = state === "Running";
  const url = running ? urlOf(host) : "";
  let version = "Unknown";
  let error = stateError;
  if (running) {
    try {
      version = `v${await engineVersion(host, signal)}`;
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
    Swarm: swarmWords(host, swarms),
    EngineOptions: engine,
    Error: error,
    DockerVersion: version,
    ResponseTime: Date.now() - startedAt,
  };
}

/** The state that docker-machine would print, and what kept it from being found out. */
export async function stateOf(call: Opening & Pick<Call, "deep">, host: Host, signal: AbortSignal) {
  const driver = host.config.DriverName;
  if (!(await driverKnown(call, driver))) return { state: "Error", error: notFound(driver), driver: "not-found" };
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

function swarmWords({ name, config }: Host, masters: ReadonlyMap<string, string>): string {
  const { Discovery, Master } = config.HostOptions.SwarmOptions;
  if (Discovery === "") return "";
  if (Master) return `${name} (master)`;
  return masters.get(Discovery) ?? "";
}
