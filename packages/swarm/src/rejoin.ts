import type { Call, EngineApi } from "@machinist/core";
import { swarmNode, swarmNodes } from "./api-types.ts";
import type { ClusterState } from "./cluster-state.ts";
import { demote, type MemberCall } from "./drain.ts";
import { join } from "./join.ts";
import { forget } from "./leave.ts";
import { LEFT, type MemberState, stateOfNode } from "./member-state.ts";
import { applySpec } from "./node-update.ts";
import type { SwarmOptions } from "./options.ts";
import type { MemberProps } from "./plan.ts";
import { eventually } from "./poll.ts";
import { managerOf } from "./survey.ts";
import { startingOn, unfilled } from "./tasks.ts";

type ReadCall = Call<MemberProps> & { readonly state: MemberState | undefined };

/** How long tasks and nodes may take until they are back after a node serves again, in ms. */
const BACK_MS = 30_000;

/** A machine that left by itself is still on the managers' list: the membership is there, and not as it should be. */
export async function leftNode(
  { engines }: SwarmOptions,
  { state, signal }: ReadCall,
  cluster: ClusterState | undefined,
): Promise<MemberState | undefined> {
  if (state === undefined || cluster === undefined) return undefined;
  const manager = await managerOf(engines, cluster.cluster, cluster.managers, signal).catch(() => undefined);
  if (manager === undefined) return undefined;
  const node = await swarmNode(manager.engine, state.nodeId, { signal });
  return node && { ...stateOfNode(node, cluster.cluster, state.declared), status: LEFT, former: state.former ?? [] };
}

/** Its memberships of before that the managers still list, as far as they are remembered. */
export async function withFormer(
  { engines }: SwarmOptions,
  { state: before, signal }: ReadCall,
  cluster: ClusterState | undefined,
  state: MemberState,
): Promise<MemberState> {
  const known = [...new Set([...(before?.former ?? []), ...(before ? [before.nodeId] : [])])];
  const candidates = known.filter((id) => id !== state.nodeId);
  if (candidates.length === 0 || cluster === undefined) return state;
  const { engine } = await managerOf(engines, cluster.cluster, cluster.managers, signal);
  const nodes = await Promise.all(candidates.map((id) => swarmNode(engine, id, { signal })));
  const former = candidates.filter((_id, index) => nodes[index] !== undefined);
  return former.length === 0 ? state : { ...state, former };
}

/** Make a membership as wanted: join again where the machine has left, forget what it was before, take tasks again. */
export async function restore(options: SwarmOptions, call: MemberCall, cluster: ClusterState): Promise<MemberState> {
  const { state, signal, props } = call;
  const nodeId = state.status === LEFT ? await join(options, call, cluster) : state.nodeId;
  const made = await applySpec(options, call, cluster, nodeId, state.declared);
  const former = [...new Set([...(state.former ?? []), state.nodeId])].filter((id) => id !== nodeId);
  const away = (state.availability === "drain" || state.availability === "pause") && props.availability === "active";
  if (former.length === 0 && !away) return made;
  const { engine } = await managerOf(options.engines, cluster.cluster, cluster.managers, signal);
  for (const id of former) {
    const node = await swarmNode(engine, id, { signal });
    if (node?.Spec.Role === "manager") await demote(engine, id, signal);
    await forget(engine, id, signal);
  }
  if (away) await serving(engine, nodeId, call);
  return made;
}

/**
 * Wait until it serves as before: its own tasks run, no task waits for a place, and all nodes report again, which they do one
 * by one after the manager they spoke to was restarted. What takes longer may have other reasons, and holds up no more.
 */
async function serving(engine: EngineApi, nodeId: string, { signal, log, props }: MemberCall): Promise<void> {
  const settled = await eventually(
    async () => {
      const [starting, slots, nodes] = await Promise.all([
        startingOn(engine, nodeId, signal),
        unfilled(engine, signal),
        swarmNodes(engine, { signal }),
      ]);
      const silent = nodes.some(({ Status }) => Status.State === "unknown");
      return starting === 0 && slots.size === 0 && !silent ? true : undefined;
    },
    { signal, forMs: BACK_MS },
  );
  if (!settled)
    log(`Not all tasks and nodes are back ${BACK_MS / 1000} s after ${props.machine} was changed; going on`, "warn");
}
