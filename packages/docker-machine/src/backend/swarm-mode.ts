import type { EngineApi } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import type { SwarmOptions } from "@machinist/machine-config";
import type { Call } from "../command.ts";
import { type Host, hostNames, loadHost } from "../host/load.ts";

/** Docker's own port among the nodes of a Swarm. */
const swarmPort = 2377;

/**
 * Classic Swarm is dead: what its flags ask for becomes a Swarm of Docker's own, by the same roles. Machines of one
 * `--swarm-discovery` are one Swarm; its first master begins it, other masters join as managers, all else as workers. Those
 * that were made before there was a master join when it is made. One that is a member already stays as it is.
 */
export async function formSwarm(call: Call, machinist: Machinist, name: string): Promise<void> {
  const host = loadHost(call.storePath, name);
  const { IsSwarm, Master, Discovery } = host.config.HostOptions.SwarmOptions;
  if (!IsSwarm) return;
  const { signal } = call.io;
  const engine = await machinist.engine(name, { signal });
  if ((await swarmOf(engine, signal)).LocalNodeState === "active") return;
  call.io.err(
    `Classic Swarm is no more: ${name} becomes a ${Master ? "manager" : "worker"} of a Swarm of Docker's own ("docker swarm"). Of the --swarm flags only --swarm, --swarm-master, --swarm-discovery and --swarm-addr have an effect.\n`,
  );
  const others = membersOf(call.storePath, Discovery).filter((other) => other.name !== name);
  const manager = await firstManager(machinist, others, signal);
  if (manager) return join(machinist, { host, manager, signal });
  if (!Master) return call.io.out(`${name} joins when the master of ${JSON.stringify(Discovery)} is created\n`);
  await engine.request("POST", "/swarm/init", {
    body: { ListenAddr: `0.0.0.0:${swarmPort}`, AdvertiseAddr: await addressOf(machinist, host) },
    signal,
  });
  for (const waiting of others) await join(machinist, { host: waiting, manager: host, signal });
}

function membersOf(storePath: string, discovery: string): Host[] {
  return hostNames(storePath).flatMap((name) => {
    try {
      const host = loadHost(storePath, name);
      const { IsSwarm, Discovery } = host.config.HostOptions.SwarmOptions;
      return IsSwarm && Discovery === discovery ? [host] : [];
    } catch {
      // One that cannot be read is nobody's member; `ls` tells of it.
      return [];
    }
  });
}

interface Info {
  readonly Swarm?: { readonly LocalNodeState?: string; readonly ControlAvailable?: boolean };
}

const swarmOf = async (engine: EngineApi, signal: AbortSignal) =>
  (await engine.request<Info>("GET", "/info", { signal, timeoutMs: 10_000 })).Swarm ?? {};

async function firstManager(machinist: Machinist, hosts: readonly Host[], signal: AbortSignal) {
  for (const host of hosts) {
    if (!host.config.HostOptions.SwarmOptions.Master) continue;
    const swarm = await machinist
      .engine(host.name, { signal })
      .then((engine) => swarmOf(engine, signal))
      .catch(() => undefined);
    if (swarm?.ControlAvailable) return host;
  }
  return undefined;
}

interface Joining {
  readonly host: Host;
  readonly manager: Host;
  readonly signal: AbortSignal;
}

async function join(machinist: Machinist, { host, manager, signal }: Joining): Promise<void> {
  const engine = await machinist.engine(host.name, { signal });
  if ((await swarmOf(engine, signal)).LocalNodeState === "active") return;
  const leader = await machinist.engine(manager.name, { signal });
  const { JoinTokens } = await leader.request<{ JoinTokens: { Manager: string; Worker: string } }>("GET", "/swarm", {
    signal,
  });
  await engine.request("POST", "/swarm/join", {
    body: {
      ListenAddr: `0.0.0.0:${swarmPort}`,
      AdvertiseAddr: await addressOf(machinist, host),
      RemoteAddrs: [`${await addressOf(machinist, manager)}:${swarmPort}`],
      JoinToken: host.config.HostOptions.SwarmOptions.Master ? JoinTokens.Manager : JoinTokens.Worker,
    },
    signal,
    timeoutMs: 60_000,
  });
}

/** Where the others reach it: as asked for, else its private address, else the one that is known. */
async function addressOf(machinist: Machinist, { name, config }: Host): Promise<string> {
  const { Address }: SwarmOptions = config.HostOptions.SwarmOptions;
  if (Address !== "") return Address;
  const { endpoint } = await machinist.info(name);
  return endpoint?.privateHost ?? endpoint?.host ?? "";
}
