import type { EngineApi } from "@machinist/core";
import type { SwarmNode } from "./api-types.ts";
import { isInSwarm, isPassing, statusOf, swarmInfo, swarmNode } from "./api-types.ts";
import type { ClusterState } from "./cluster-state.ts";
import { demote, empty, type MemberCall } from "./drain.ts";
import type { SwarmOptions } from "./options.ts";
import { eventually, patiently } from "./poll.ts";
import { guardQuorum } from "./quorum.ts";
import type { Answer } from "./survey.ts";
import { managersIn, survey } from "./survey.ts";

/** How long a demotion may take to take hold, in ms. */
const DEMOTION_MS = 8_000;

/**
 * Take a machine out of a Swarm that goes on: drain, demote, leave, forget. Its own engine may be gone; its managers may not. Throws
 * `swarm.quorum` rather than leave the others without a majority.
 */
export async function leave(options: SwarmOptions, call: MemberCall, cluster: ClusterState | undefined): Promise<void> {
  const { engines } = options;
  const { signal, props, state } = call;
  const others = (cluster?.managers ?? []).filter((machine) => machine !== props.machine);
  await patiently(
    async () => {
      const [own, ...answers] = await survey(engines, [props.machine, ...others], signal);
      const manager = managersIn(answers).find((candidate) => candidate.cluster === state.cluster)?.engine;
      if (manager === undefined) return leaveAlone(call, own, answers);
      const node = await swarmNode(manager, state.nodeId, { signal });
      if (node !== undefined) await retire(manager, node, own, call);
      await leaveItself(call, own);
      if (node !== undefined) await forget(manager, node.ID, signal);
    },
    { signal, forMs: 180_000, passing: isPassing },
  );
}

/** No other manager: it is the last one, or its Swarm has ended before it. */
async function leaveAlone(call: MemberCall, own: Answer | undefined, others: readonly Answer[]): Promise<void> {
  // One that was removed before, and that no record knows any more, is not silent but gone.
  const silent = others.find(({ error }) => error && error.code !== "machine.unknown");
  if (own?.info === undefined) throw own?.error ?? silent?.error;
  if (call.state.role === "manager" && silent !== undefined) throw silent.error;
  await leaveItself(call, own);
}

async function retire(manager: EngineApi, node: SwarmNode, own: Answer | undefined, call: MemberCall): Promise<void> {
  const { signal, props } = call;
  if (node.Spec.Role === "manager") await guardQuorum(manager, node.ID, props.machine, signal);
  if (node.Status.State === "ready" && own?.info !== undefined) {
    await empty(manager, node, call);
  }
  if (node.Spec.Role !== "manager") return;
  await demote(manager, node.ID, signal);
  const engine = own?.engine;
  if (engine === undefined) return;
  await eventually(async () => ((await swarmInfo(engine, { signal })).ControlAvailable ? undefined : true), {
    signal,
    forMs: DEMOTION_MS,
  });
}

/** Tell its own engine, if it is there and still in the Swarm it was known to be in. */
async function leaveItself({ state, signal }: MemberCall, own: Answer | undefined): Promise<void> {
  if (own?.engine === undefined || own.info === undefined || !isInSwarm(own.info) || own.info.NodeID !== state.nodeId)
    return;
  await own.engine.request("POST", "/swarm/leave?force=true", { signal, timeoutMs: 60_000 });
}

export async function forget(manager: EngineApi, id: string, signal: AbortSignal): Promise<void> {
  try {
    await manager.request("DELETE", `/nodes/${id}?force=true`, { signal });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
