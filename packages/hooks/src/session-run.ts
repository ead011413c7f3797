import type { Emit } from "@machinist/core";

/** The run that a session of hooks is of. */
export interface SessionRun {
  /** Unique, [a-z0-9]. */
  readonly id: string;
  readonly action: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** How a run ended. */
export type RunStatus = "finished" | "failed" | "cancelled";
