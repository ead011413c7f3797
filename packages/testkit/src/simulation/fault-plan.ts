import type { Random } from "./random.ts";

/**
 * What a provider does with one call. `throttle`: refused, too many; `error`: a 5xx answer, nothing done; `cut`: the
 * connection ends before anything is done; `lost`: it is done, and the connection ends before the answer.
 */
export type Fault = "none" | "throttle" | "error" | "cut" | "lost";

/** How a test server behaves for a while. */
export interface FaultPlan {
  /** Asked once for each call, with the name the provider gives it. */
  fault(call: string): Fault;
  /** How long new objects and changes stay invisible to calls that look, in ms of the driver's clock. */
  readonly lagMs: number;
}

export const noFaults: FaultPlan = { fault: () => "none", lagMs: 0 };

/** Faults at random, `share` of all calls (0 to 1), never more than `inRow` one after the other. */
export function randomFaults(random: Random, share: number, lagMs: number, inRow = 3): FaultPlan {
  let row = 0;
  return {
    lagMs,
    fault() {
      if (row >= inRow || random.next() >= share) {
        row = 0;
        return "none";
      }
      row++;
      return random.pick(["throttle", "error", "cut", "lost"] as const);
    },
  };
}

/** One fault for the first `times` calls whose name `matches`, else fair. */
export function oneFault(fault: Fault, matches: (call: string) => boolean, times = 1): FaultPlan {
  let left = times;
  return {
    lagMs: 0,
    fault: (call) => (left > 0 && matches(call) && left-- > 0 ? fault : "none"),
  };
}
