import type { RunControl } from "./api-outcome.ts";

export interface AuditQuery {
  /** Only what was written at or after this time, ms since 1970. */
  readonly since?: number;
  /** Only what is about this machine. */
  readonly machine?: string;
}
export interface EventQuery extends RunControl {
  /** Only what is about this machine. */
  readonly machine?: string;
  /** Go on with what this and other processes do, until the signal aborts. Default false. */
  readonly follow?: boolean;
  /** Of what is there at the beginning, only so many of the last. Default: all. */
  readonly last?: number;
}

/** One finding of `doctor`. */
export interface Check {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  readonly message: string;
  readonly hint?: string;
}
