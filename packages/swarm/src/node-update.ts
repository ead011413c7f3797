import type { Call } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { SwarmNode } from "./api-types.ts";
import { isPassing, swarmNode } from "./api-types.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { MemberState } from "./member-state.ts";
import { sameSpec, stateOfNode, wantedSpec } from "./member-state.ts";
import type { SwarmOptions } from "./options.ts";
import type { MemberProps } from "./plan.ts";
import { patiently } from "./poll.ts";
import { guardQuorum } from "./quorum.ts";
import { managerOf } from "./survey.ts";

/** Make a node's role, availability and declared labels so. Someone else's update in between is met by another attempt. */
export function applySpec(
  { engines }: SwarmOptions,
  call: Call<MemberProps>,
  cluster: ClusterState,
  nodeId: string,
  declared: readonly string[],
): Promise<MemberState> {
  const { signal, props } = call;
  return patiently(
    async () => {
      const manager = await managerOf(engines, cluster.cluster, managersKnown(cluster, call), signal);
      const node = await swarmNode(manager.engine, nodeId, { signal });
      if (node === undefined)
        throw new MachinistError("swarm.join", `${props.machine} is not yet known to the managers`, {
          retryable: true,
        });
      const spec = wantedSpec(node, props, declared);
      if (node.Spec.Role === "manager" && spec.Role === "worker")
        await guardQuorum(manager.engine, nodeId, props.machine, signal);
      if (!sameSpec(node.Spec, spec))
        await manager.engine.request("POST", `/nodes/${nodeId}/update?version=${node.Version.Index}`, {
          signal,
          body: spec,
        });
      const seen: SwarmNode = { ...node, Spec: spec };
      return stateOfNode(seen, cluster.cluster, Object.keys(props.labels));
    },
    { signal, forMs: 30_000, passing: isPassing },
  );
}

/** The managers seen, and this machine itself where it is to be one: it may be the only one that answers. */
export const managersKnown = (cluster: ClusterState, call: Call<MemberProps>): string[] => [
  ...new Set([...cluster.managers, ...(call.props.role === "manager" ? [call.props.machine] : [])]),
];
