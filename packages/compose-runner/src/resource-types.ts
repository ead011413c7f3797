import type { ResourceTypes } from "@machinist/core";
import { type ProjectOptions, projectKind } from "./project-kind.ts";
import type { StackOptions } from "./stack-kind.ts";
import { stackKind } from "./stack-kind.ts";

/** Kinds `compose.project` and `swarm.stack`: the real docker commands, run on the machines themselves. */
export function composeResourceTypes(options: StackOptions & ProjectOptions): ResourceTypes {
  return { "compose.project": projectKind(options), "swarm.stack": stackKind(options) };
}
