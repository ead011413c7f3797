import type { Call, ResourceType } from "@machinist/core";
import { localOf, MachinistError, scopeOf } from "@machinist/core";
import { isInSwarm, swarmNode } from "./api-types.ts";
import { foreignSwarm } from "./cluster-kind.ts";
import type { ClusterState } from "./cluster-state.ts";
import { cordon, drain } from "./drain.ts";
import { join } from "./join.ts";
import { leave } from "./leave.ts";
import type { MemberState } from "./member-state.ts";
import { memberDrift, memberReady, stateOfNode } from "./member-state.ts";
import { applySpec } from "./node-update.ts";
import type { SwarmOptions } from "./options.ts";
import type { MemberProps } from "./plan.ts";
import { clusterId } from "./plan.ts";
import { leftNode, restore, withFormer } from "./rejoin.ts";
import type { Answer } from "./survey.ts";
import { managerOf, survey } from "./survey.ts";
import { isLocked, lockedNode, unlockMachine } from "./unlock.ts";

/** Kind `swarm.member`: one machine's place in its fleet's Swarm. */
export function memberKind(options: SwarmOptions): ResourceType<MemberProps, MemberState> {
  const { engines } = options;
  return {
    read: async (call) => {
      const cluster = clusterSeen(call);
      const [own] = await survey(engines, [call.props.machine], call.signal);
      if (own?.info === undefined) return withoutOwnEngine(options, call, own, cluster, call.state);
      if (isLocked(own.info)) return lockedNode(call);
      if (!isInSwarm(own.info)) return leftNode(options, call, cluster);
      const state = await ownNode(options, call, own, cluster, call.state?.declared ?? []);
      return state && withFormer(options, call, cluster, state);
    },
    create: async (call) => {
      const cluster = requireCluster(call);
      const nodeId = await join(options, call, cluster);
      return applySpec(options, call, cluster, nodeId, []);
    },
    update: async (call) => {
      await unlockMachine(options, call.fleet, call.props.machine, call.signal);
      return restore(options, call, requireCluster(call));
    },
    interrupts: (changed, state, props) =>
      (changed.includes("role") && state.role === "manager" && props.role === "worker") ||
      (changed.includes("availability") && state.availability === "active" && props.availability === "drain"),
    cordon: async (call) => {
      const cluster = clusterSeen(call);
      if (cluster !== undefined) await cordon(options, call, cluster);
    },
    drain: (call) => drain(options, call, requireCluster(call)),
    delete: (call) => leave(options, call, clusterSeen(call)),
    drift: memberDrift,
    ready: memberReady,
    requiresReplace: ["advertise", "machine"],
    machineProps: ["machine"],
    deletedWithParent: true,
    pollIntervalMs: 300,
    readyTimeoutMs: 90_000,
  };
}

/** The state of the cluster it is a child of; undefined once that is gone. */
function clusterSeen(call: Call<MemberProps>): ClusterState | undefined {
  const id = clusterId(call.fleet);
  const own =
    call.dependencies[id] ??
    Object.entries(call.dependencies).find(
      ([other]) => localOf(other) === "swarm" && scopeOf(other) !== call.props.machine,
    )?.[1];
  return own as ClusterState | undefined;
}

function requireCluster(call: Call<MemberProps>): ClusterState {
  const cluster = clusterSeen(call);
  if (cluster !== undefined) return cluster;
  throw new MachinistError("swarm.no-manager", `There is no Swarm for ${call.props.machine} to join`, {
    retryable: true,
  });
}

/** Its node as its own engine, or a manager, knows it. A machine in someone else's Swarm is an error; one thrown out of ours is absent. */
async function ownNode(
  { engines }: SwarmOptions,
  call: Call<MemberProps>,
  own: Answer,
  cluster: ClusterState | undefined,
  declared: readonly string[],
): Promise<MemberState | undefined> {
  const { info, engine } = own;
  if (info === undefined || engine === undefined || cluster === undefined) return undefined;
  const { signal } = call;
  const speaks = info.ControlAvailable && info.Cluster?.ID !== undefined && info.Cluster.ID !== "";
  if (speaks && info.Cluster?.ID !== cluster.cluster) throw foreignSwarm(call.props.machine);
  const manager = speaks ? { engine, info } : await managerOf(engines, cluster.cluster, cluster.managers, signal);
  if (info.NodeID === "") return undefined;
  const node = await swarmNode(manager.engine, info.NodeID, { signal });
  if (node !== undefined) {
    const state = stateOfNode(node, cluster.cluster, declared);
    // The others count it as a manager a moment before its own engine acts as one.
    return state.reachability !== "" && !info.ControlAvailable ? { ...state, reachability: "starting" } : state;
  }
  if (!wasOurs(info, manager.info)) throw foreignSwarm(call.props.machine);
  return undefined;
}

/** A node that our managers removed still points at them. */
function wasOurs(node: NonNullable<Answer["info"]>, manager: NonNullable<Answer["info"]>): boolean {
  const known = new Set((manager.RemoteManagers ?? []).map(({ Addr }) => Addr));
  const points = node.RemoteManagers ?? [];
  return points.length === 0 ? node.LocalNodeState !== "active" : points.some(({ Addr }) => known.has(Addr));
}

/** Its engine is silent: the managers still know whether it is a member. */
async function withoutOwnEngine(
  { engines }: SwarmOptions,
  call: Call<MemberProps>,
  own: Answer | undefined,
  cluster: ClusterState | undefined,
  state: MemberState | undefined,
): Promise<MemberState | undefined> {
  const silent =
    own?.error ??
    new MachinistError("docker.unreachable", `Docker on ${call.props.machine} does not answer`, {
      retryable: true,
      hint: `Check its state: machinist status ${call.props.machine}`,
    });
  if (cluster === undefined || state === undefined || call.signal.aborted) throw silent;
  const manager = await managerOf(engines, cluster.cluster, cluster.managers, call.signal).catch(() => undefined);
  if (manager === undefined) throw silent;
  const node = await swarmNode(manager.engine, state.nodeId, { signal: call.signal });
  return node === undefined ? undefined : stateOfNode(node, cluster.cluster, state.declared);
}
