import type { EngineApi } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { SwarmNode } from "./wire.ts";

/** Whether the managers that answer would still be a majority without one of them (or without a dead one). */
export function keepsQuorum(nodes: readonly SwarmNode[], leaving: string): boolean {
  const rest = nodes.filter((node) => node.Spec.Role === "manager" && node.ID !== leaving);
  const reachable = rest.filter((node) => node.ManagerStatus?.Reachability === "reachable").length;
  return rest.length > 0 && reachable >= Math.floor(rest.length / 2) + 1;
}

/** Throws `swarm.quorum` where taking this manager away would leave a Swarm that nobody can change any more. */
export async function guardQuorum(
  manager: EngineApi,
  nodeId: string,
  machine: string,
  signal: AbortSignal,
): Promise<void> {
  const nodes = await manager.request<SwarmNode[]>("GET", "/nodes", { signal });
  if (keepsQuorum(nodes, nodeId)) return;
  if (!nodes.some((node) => node.ID !== nodeId && node.Spec.Role === "manager"))
    // The manager that was asked has itself been demoted meanwhile: who is left is another question.
    throw new MachinistError("swarm.no-manager", `${machine} has become the last manager`, { retryable: true });
  throw new MachinistError("swarm.quorum", `Without ${machine} the Swarm's managers would have no majority`, {
    hint: "Start the managers that are away (machinist start NAME), or add others first.",
  });
}
