import type { Call, EngineApi } from "@machinist/core";
import { isPassing, type SwarmNode, statusOf, swarmNode, swarmNodes } from "./api-types.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { MemberState } from "./member-state.ts";
import type { SwarmOptions } from "./options.ts";
import type { MemberProps } from "./plan.ts";
import { eventually, patiently } from "./poll.ts";
import { guardAbsence } from "./quorum.ts";
import { managerOf } from "./survey.ts";
import { tasksOn, unfilled } from "./tasks.ts";

export type MemberCall = Call<MemberProps> & { readonly state: MemberState };

/** How long the tasks of a drained node may take until they run elsewhere, in ms. */
const TASKS_MS = 90_000;

/** Before it is restarted: move a member's tasks away. Throws `swarm.quorum` where too few managers would be left meanwhile. */
export async function drain(options: SwarmOptions, call: MemberCall, cluster: ClusterState): Promise<void> {
  const found = await nodeOf(options, call, cluster);
  if (found === undefined) return;
  if (found.node.Spec.Role === "manager") await guardAbsence(found.manager, found.node.ID, call);
  await empty(found.manager, found.node, call);
}

/** Before its turn to leave comes: it gets no new tasks, so that none is moved twice. */
export async function cordon(options: SwarmOptions, call: MemberCall, cluster: ClusterState): Promise<void> {
  const found = await nodeOf(options, call, cluster);
  if (found?.node.Spec.Availability !== "active") return;
  const { manager, node } = found;
  // Not tried again: who changed the node meanwhile (a drain) knows better.
  await manager.request("POST", `/nodes/${node.ID}/update?version=${node.Version.Index}`, {
    signal: call.signal,
    body: { ...node.Spec, Availability: "pause" },
  });
}

async function nodeOf({ engines }: SwarmOptions, { props, state, signal }: MemberCall, cluster: ClusterState) {
  const machines = [...new Set([...cluster.managers, ...(state.role === "manager" ? [props.machine] : [])])];
  const manager = await managerOf(engines, cluster.cluster, machines, signal);
  const node = await swarmNode(manager.engine, state.nodeId, { signal });
  return node && { manager: manager.engine, node };
}

/** Drain a node and wait until its tasks run elsewhere: told as progress, and no longer than {@link TASKS_MS}. */
export async function empty(manager: EngineApi, node: SwarmNode, call: MemberCall): Promise<void> {
  const { signal, props } = call;
  if (node.Status.State !== "ready") return;
  if (!(await hasAnother(manager, node, signal))) {
    call.log(`No other node can take the tasks of ${props.machine}: they stop while it is away`, "warn");
    return;
  }
  const drained = node.Spec.Availability === "drain";
  // What could not run before waits for something else. After a killed run nobody knows what could.
  const before = drained ? new Set<string>() : await unfilled(manager, signal);
  const total = await tasksOn(manager, node.ID, signal);
  await setSpec(manager, node.ID, { Availability: "drain" }, signal);
  let missing = 0;
  const moved = await eventually(
    async () => {
      const look = async () => {
        const [here, slots] = await Promise.all([tasksOn(manager, node.ID, signal), unfilled(manager, signal)]);
        return Math.max(here, [...slots].filter((slot) => !before.has(slot)).length);
      };
      missing = await patiently(look, { signal, forMs: 15_000, passing: isPassing });
      if (total > 0) call.progress(Math.max(0, total - missing), total, "tasks");
      return missing === 0 ? true : undefined;
    },
    { signal, forMs: TASKS_MS },
  );
  if (!moved)
    call.log(`${missing} tasks of ${props.machine} do not run elsewhere after ${TASKS_MS / 1000} s; going on`, "warn");
}

async function hasAnother(manager: EngineApi, node: SwarmNode, signal: AbortSignal): Promise<boolean> {
  const nodes = await swarmNodes(manager, { signal });
  return nodes.some(
    ({ ID, Spec, Status }) => ID !== node.ID && Spec.Availability === "active" && Status.State === "ready",
  );
}

/** Change a node's spec; someone else's change in between is met by another attempt. A node that is gone stays so. */
export async function setSpec(
  manager: EngineApi,
  id: string,
  spec: Partial<SwarmNode["Spec"]>,
  signal: AbortSignal,
): Promise<void> {
  await patiently(
    async () => {
      const node = await swarmNode(manager, id, { signal });
      if (node === undefined) return;
      await manager.request("POST", `/nodes/${id}/update?version=${node.Version.Index}`, {
        signal,
        body: { ...node.Spec, ...spec },
      });
    },
    { signal, forMs: 15_000, passing: (error) => isPassing(error) && statusOf(error) !== 404 },
  );
}

/** Make a manager a worker. One that is no more among those who decide (a Swarm that was begun again) is a manager in name only. */
export async function demote(manager: EngineApi, id: string, signal: AbortSignal): Promise<void> {
  try {
    await setSpec(manager, id, { Role: "worker" }, signal);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
