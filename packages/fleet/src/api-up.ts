import type { RunControl } from "./api-outcome.ts";
import type { SavedPlan } from "./plans/plan.ts";

/** What a run would take away for good. */
export interface Loss {
  /** A machine's name, or a resource's id. */
  readonly id: string;
  /** In a few words, as they follow `Remove`: `web-1`, `stack web`. */
  readonly what: string;
  /** It stays, and what was written there to files that were carried is replaced by yours. */
  readonly overwritten?: true;
}

/** Asks the user, before anything is done. False is a no; what it throws is what the run fails with. */
export type Agree = (losses: readonly Loss[]) => Promise<boolean>;

export interface PlanOptions extends RunControl {
  /**
   * Names of compose projects whose carried files also replace what somebody on the machines has written to, this once: as
   * `overwriteData` of each would. Throws `compose.unknown` for one that is not in the spec.
   */
  readonly overwriteData?: readonly string[];
}

/** With `plan`, `overwriteData` is what that plan was made with. */
export interface UpOptions extends PlanOptions {
  /** Agree to replace what cannot be changed in place. Without it such a change fails with `plan.replace`, before anything is done. */
  readonly replace?: boolean;
  /** Remove machines that the manifest no longer names. Default true. */
  readonly prune?: boolean;
  /**
   * Asked once, before anything is done, where what is declared no more would be removed (machines, stacks, whatever its
   * kind calls a loss), and where `overwriteData` names a project that is there. After a no `up` fails with `plan.declined`. Absent: whoever calls has agreed. With `plan`, not asked.
   */
  readonly agree?: Agree;
  /**
   * Do what this plan says, replacements and removals included, and only that: fails with `plan.stale`, before anything
   * is done, where a new plan comes out differently.
   */
  readonly plan?: SavedPlan;
}
