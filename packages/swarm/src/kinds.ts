import type { Kinds } from "@machinist/core";
import type { SwarmOptions } from "./cluster-kind.ts";
import { clusterKind } from "./cluster-kind.ts";
import { memberKind } from "./member-kind.ts";

/** Kinds `swarm.cluster` and `swarm.member`, over the Engine API alone: no join token reaches a command line, a record or an event. */
export function swarmKinds(options: SwarmOptions): Kinds {
  return { "swarm.cluster": clusterKind(options), "swarm.member": memberKind(options) };
}
