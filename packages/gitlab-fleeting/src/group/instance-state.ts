import type { MachineState } from "@machinist/core";
import type { InstanceState } from "./contract.ts";

/** What is being done about an instance by this process. */
export type Task = "creating" | "removing" | "suspending" | "resuming";

/** A machine as a provider tells of it, in the runner's words. Undefined: it is gone there. */
export function stateOfMachine(state: MachineState, suspended: boolean): InstanceState | undefined {
  switch (state) {
    case "running":
      return "running";
    // Whether it runs could not be found out, which is no reason to give it up.
    case "unknown":
      return suspended ? "suspended" : "running";
    case "starting":
      return suspended ? "resuming" : "creating";
    case "stopping":
      return suspended ? "suspending" : "timeout";
    case "missing":
      return undefined;
    // Off, and nobody here turned it off: no job can be given to it, and the runner removes what has timed out.
    default:
      return suspended ? "suspended" : "timeout";
  }
}

export const stateOfTask: { readonly [task in Task]: InstanceState } = {
  creating: "creating",
  removing: "deleting",
  suspending: "suspending",
  resuming: "resuming",
};
