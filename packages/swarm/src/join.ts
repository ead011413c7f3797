import type { Call, EngineApi } from "@machinist/core";
import { isMachinistError, MachinistError } from "@machinist/core";
import type { SwarmInfo } from "./api-types.ts";
import { isInSwarm, isPassing, joinTokens, statusOf, swarmInfo, swarmNode } from "./api-types.ts";
import { foreignSwarm, LISTEN } from "./cluster-kind.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { SwarmOptions } from "./options.ts";
import type { MemberProps } from "./plan.ts";
import { eventually, patiently } from "./poll.ts";
import type { Manager } from "./survey.ts";
import { managerOf } from "./survey.ts";

/** Bring a machine into the cluster, or find that it is there. Resolves to its node id. */
export async function join(options: SwarmOptions, call: Call<MemberProps>, cluster: ClusterState): Promise<string> {
  const { signal, props } = call;
  const engine = await options.engines.connect(props.machine, { signal });
  const address = props.advertise ?? (await options.advertise(props.machine));
  return patiently(() => attempt(options, call, cluster, engine, address), {
    signal,
    forMs: 60_000,
    passing: (error) => isPassing(error) || (isMachinistError(error) && error.retryable),
  });
}

async function attempt(
  { engines }: SwarmOptions,
  call: Call<MemberProps>,
  cluster: ClusterState,
  engine: EngineApi,
  address: string,
): Promise<string> {
  const { signal, props } = call;
  const info = await settled(engine, signal);
  if (info.ControlAvailable && info.Cluster?.ID === cluster.cluster) return info.NodeID;
  if (info.ControlAvailable && info.Cluster?.ID !== undefined && info.Cluster.ID !== "")
    throw foreignSwarm(props.machine);
  const manager = await managerOf(engines, cluster.cluster, cluster.managers, signal);
  if (isInSwarm(info)) {
    if (info.NodeID !== "" && (await swarmNode(manager.engine, info.NodeID, { signal })) !== undefined)
      return info.NodeID;
    await leaveRemains(engine, info, manager, props.machine, signal);
  }
  await request(engine, manager, address, call);
  return (await settled(engine, signal)).NodeID || notYet(props.machine);
}

/** What the engine says once a join under way has ended, one way or the other. */
async function settled(engine: EngineApi, signal: AbortSignal): Promise<SwarmInfo> {
  const look = () => swarmInfo(engine, { signal });
  const done = await eventually(
    async () => {
      const info = await look();
      return info.LocalNodeState === "pending" ? undefined : info;
    },
    { signal, forMs: 20_000 },
  );
  return done ?? look();
}

/** A join that failed half-way, or a membership our managers ended, is in the way; another Swarm's is not ours to end. */
async function leaveRemains(
  engine: EngineApi,
  info: SwarmInfo,
  manager: Manager,
  machine: string,
  signal: AbortSignal,
): Promise<void> {
  const ours = new Set((manager.info.RemoteManagers ?? []).map(({ Addr }) => Addr));
  const points = info.RemoteManagers ?? [];
  const half = info.LocalNodeState === "error" || info.LocalNodeState === "pending";
  if (!points.some(({ Addr }) => ours.has(Addr)) && !(half && points.length === 0)) throw foreignSwarm(machine);
  await engine.request("POST", "/swarm/leave?force=true", { signal, timeoutMs: 60_000 });
}

async function request(engine: EngineApi, manager: Manager, address: string, call: Call<MemberProps>): Promise<void> {
  const { signal, props } = call;
  const tokens = await joinTokens(manager.engine, { signal });
  try {
    await engine.request("POST", "/swarm/join", {
      signal,
      timeoutMs: 60_000,
      body: {
        ListenAddr: LISTEN,
        AdvertiseAddr: address,
        RemoteAddrs: (manager.info.RemoteManagers ?? []).map(({ Addr }) => Addr),
        JoinToken: props.role === "manager" ? tokens.Manager : tokens.Worker,
        Availability: props.availability,
      },
    });
  } catch (error) {
    // Already part of a swarm: an earlier attempt got through. The next look tells which.
    if (statusOf(error) === 503 || isPassing(error)) throw joinFailed(props.machine, error);
    throw error;
  }
}

const joinFailed = (machine: string, cause: unknown): MachinistError =>
  new MachinistError(
    "swarm.join",
    `${machine} has not joined yet: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
      retryable: true,
      hint: `The nodes need to reach each other on ports 2377/tcp, 7946/tcp+udp and 4789/udp; check the address ${machine} advertises.`,
    },
  );

function notYet(machine: string): never {
  throw new MachinistError("swarm.join", `${machine} has joined but has no node id yet`, { retryable: true });
}
