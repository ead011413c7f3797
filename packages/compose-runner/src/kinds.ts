import type { Kinds } from "@machinist/core";
import { projectKind } from "./project-kind.ts";
import type { StackOptions } from "./stack-kind.ts";
import { stackKind } from "./stack-kind.ts";

/** Kinds `compose.project` and `swarm.stack`: the real docker commands, run on the machines themselves. */
export function composeKinds(options: StackOptions): Kinds {
  return { "compose.project": projectKind(options.hosts), "swarm.stack": stackKind(options) };
}
