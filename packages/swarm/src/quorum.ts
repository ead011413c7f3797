import type { EngineApi, Level } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { type SwarmNode, swarmNodes } from "./api-types.ts";

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
  const nodes = await swarmNodes(manager, { signal });
  if (keepsQuorum(nodes, nodeId)) return;
  if (!nodes.some((node) => node.ID !== nodeId && node.Spec.Role === "manager"))
    // The manager that was asked has itself been demoted meanwhile: who is left is another question.
    throw new MachinistError("swarm.no-manager", `${machine} has become the last manager`, { retryable: true });
  throw new MachinistError("swarm.quorum", `Without ${machine} the Swarm's managers would have no majority`, {
    hint: "Start the managers that are away (machinist start NAME), or add others first.",
  });
}

interface Absence {
  readonly props: { readonly machine: string };
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
}

/**
 * Throws `swarm.quorum` where the others would have no majority while a manager is away for a moment. One or two managers
 * cannot spare any; that is said, and bearable for a restart.
 */
export async function guardAbsence(manager: EngineApi, nodeId: string, { props, signal, log }: Absence): Promise<void> {
  const nodes = await swarmNodes(manager, { signal });
  const managers = nodes.filter((node) => node.Spec.Role === "manager");
  const others = managers.filter((node) => node.ID !== nodeId);
  const reachable = others.filter((node) => node.ManagerStatus?.Reachability === "reachable").length;
  if (reachable > managers.length / 2) return;
  if (managers.length > 2)
    throw new MachinistError("swarm.quorum", `While ${props.machine} is away the Swarm's managers have no majority`, {
      hint: "Start the managers that are away first: machinist start NAME",
    });
  log(`The Swarm cannot be changed while ${props.machine}, one of ${managers.length} managers, is away`, "warn");
}
