import type { Data, Driver, DriverContext, DriverModule, Resource } from "@machinist/core";
import type { FaultPlan } from "../simulation/fault-plan.ts";
import type { Reasons } from "./cases.ts";
import type { Harness } from "./harness.ts";

/** Names one fleet's objects at the provider. */
export interface FleetTrace {
  readonly fleet: string;
  /** The first part of every owner tag of the fleet, one for each record. */
  readonly uids: readonly string[];
}

export interface DriverSuite {
  readonly module: DriverModule;
  /** Valid options of one machine; defaults are filled in. */
  readonly options: Data;
  /** What differs in options that can be changed in place; several are applied one after the other. */
  readonly changed?: Data | readonly Data[];
  /** Look at the provider with eyes of one's own, after options were changed in place to `options`. Throws. */
  readonly expectChanged?: (trace: FleetTrace, options: Data) => Promise<void>;
  /** What differs from `changed` in options so that nothing can make it so, and the code with which it is refused. */
  readonly impossible?: { readonly options: Data; readonly code: string };
  /** What differs in options that cannot. */
  readonly replacing?: Data;
  /** What there still is of a fleet at the provider, one line each. Asked when all was removed: then nothing may be. */
  readonly leftovers?: (trace: FleetTrace) => Promise<readonly string[]>;
  /** Make the provider unable to answer; the result mends it. */
  readonly breakProvider?: () => Promise<() => Promise<void>>;
  /** Make something at the provider that is not ours, alike in name where that can be. */
  readonly foreign?: () => Promise<{ isThere(): Promise<boolean>; remove(): Promise<void> }>;
  /** Inject faults at the provider; undefined ends them. */
  readonly faults?: (faults: FaultPlan | undefined) => void;
  /** How many lives of fleets with random faults a run of the suite has; `MACHINIST_FAULT_RUNS` overrules it. Default 12. */
  readonly faultRuns?: number;
  /** Told what the random faults came to, in one line. */
  readonly report?: (line: string) => void;
  /** The longest time for which a new object may stay invisible there, in ms of the context's clock. Default 2000. */
  readonly lagMs?: number;
  /** Merged over a context in a new temporary folder. */
  readonly context?: Partial<DriverContext>;
  /** OpenSSH line given to planned machines. */
  readonly publicKey?: string;
  /** Cases that cannot hold, by name, with the reason. */
  readonly notApplicable?: Reasons;
  /** At most so many points at which a run is killed, spread evenly, for each case; `MACHINIST_KILLS` overrules it. Default: all. */
  readonly kills?: number;
  /** For each case, in ms. */
  readonly timeoutMs?: number;
}

/** What the cases of one suite work with. */
export interface DriverBench {
  readonly suite: DriverSuite;
  readonly driver: () => Driver;
  /** Another instance of the driver, as a process that starts again has it: it remembers nothing. */
  readonly reborn: () => Driver;
  /** A new fleet, removed and looked after when `work` is done, however it ends. */
  readonly fleet: (work: (subject: Harness) => Promise<void>) => Promise<void>;
  readonly plan: (subject: Harness, machine?: number, options?: Data) => Promise<Resource[]>;
  /** How many lines `leftovers` has while a fleet of so many machines is there and all is well. */
  readonly objects: (machines: number) => Promise<number>;
}

/** What several machines of a fleet plan together, each resource once. */
export async function planMany(bench: DriverBench, subject: Harness, machines: number): Promise<Resource[]> {
  const numbers = Array.from({ length: machines }, (_, index) => index + 1);
  const plans = await Promise.all(numbers.map((number) => bench.plan(subject, number)));
  return [...new Map(plans.flat().map((resource) => [resource.id, resource])).values()];
}
