import type { ResourceTypes } from "@machinist/core";
import { clusterKind } from "./cluster-kind.ts";
import { memberKind } from "./member-kind.ts";
import type { SwarmOptions } from "./options.ts";

/** Kinds `swarm.cluster` and `swarm.member`, over the Engine API alone: no join token reaches a command line, a record or an event. */
export function swarmResourceTypes(options: SwarmOptions): ResourceTypes {
  return { "swarm.cluster": clusterKind(options), "swarm.member": memberKind(options) };
}
