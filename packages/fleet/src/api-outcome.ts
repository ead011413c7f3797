export interface RunControl {
  readonly signal?: AbortSignal;
}

/** What an operation came to. It resolves even when some machines failed; it rejects only where nothing could be begun. */
export interface Outcome {
  readonly ok: boolean;
  readonly cancelled: boolean;
  /** Resources created, updated, replaced or deleted. */
  readonly changed: number;
  /** Those of `changed` that belong to no machine: stacks, networks, keys. Left out where there are none. */
  readonly shared?: number;
  readonly machines: readonly MachineOutcome[];
  readonly failures: readonly Failure[];
  readonly ms: number;
}
export interface MachineOutcome {
  readonly name: string;
  readonly result: "created" | "changed" | "unchanged" | "removed" | "done" | "failed";
  readonly url?: string;
  readonly ms: number;
}
export interface Failure {
  /** Resource id, or a machine's name. */
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
