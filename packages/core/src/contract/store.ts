import type { Data } from "./data.ts";
import type { HookSpec } from "./hook.ts";
import type { Resource } from "./resource.ts";

/** What is remembered of one resource. Never a secret. */
export interface SavedResource extends Resource {
  /** Only grows within its scope, so that no owner tag ever names two objects. */
  readonly generation: number;
  readonly status: "creating" | "created" | "updating" | "deleting";
  /** When the request that may have made it was announced, ms since 1970 by {@link Store.now}. */
  readonly intentAt: number;
  readonly state?: Data;
  /** It was made, and was never seen to be ready: whoever waited for that was interrupted. */
  readonly unready?: true;
  /** A member of a rolling group that was drained and does not serve again yet. */
  readonly out?: true;
  /** Another store's machines need it too: it is read and used here, and forgotten in place of being removed. */
  readonly borrowed?: true;
}

/** What is remembered of one scope: a machine, or what a fleet's machines share. */
export interface ScopeRecord {
  readonly version: 1;
  /** The machine's name, or `@` and the fleet's. */
  readonly scope: string;
  /** Unique forever, [a-z0-9]: the first part of every owner tag. */
  readonly uid: string;
  readonly fleet: string;
  /** How the machine was asked for; absent for a fleet's scope. */
  readonly machine?: MachineIntent;
  /** Ids in other scopes that this one's resources need; kept from before they are made until this scope is gone. */
  readonly uses: readonly string[];
  /**
   * Of a fleet that came from another store, with keys that others know: the mark of the SSH key that is made here for its new
   * machines ({@link PlannedMachine.keyMark}).
   */
  readonly keyMark?: string;
  /** Of a fleet's scope: the hooks that its manifest declared last. */
  readonly hooks?: readonly HookSpec[];
  /** The name that this machine is about to get: its folder is renamed next, which is when it has it. */
  readonly movesTo?: string;
  /** The name it had before, until all that bears its name was told of the new one. */
  readonly was?: string;
  lastGeneration: number;
  resources: { [id: string]: SavedResource };
}

export interface MachineIntent {
  readonly driver: string;
  /** Options as validated, with defaults. No credentials. */
  readonly options: Data;
  /** What was asked for Docker; `false`: no Docker on this machine. */
  readonly engine: Data | false;
  readonly createdAt: number;
  readonly lease?: Lease;
  /** What docker-machine's config.json says of it beyond all this, where it was asked for by its command line. */
  readonly hostOptions?: Data;
}

/** How long a machine is wanted. */
export interface Lease {
  /** When it ends, ms since 1970 by {@link Store.now}; null: it was taken off. */
  readonly until: number | null;
  /** What its manifest or creation asked for, in ms: another length there begins it again, the same leaves it as it is. */
  readonly askedMs?: number;
}

/** Where records are kept. */
export interface Store {
  /** Every scope that has a record, sorted. */
  list(): Promise<string[]>;
  /** The record, or undefined if there is none. Throws `store.corrupt` if there is one that cannot be read. */
  load(scope: string): Promise<ScopeRecord | undefined>;
  /** Atomic, and durable before it resolves. */
  save(record: ScopeRecord): Promise<void>;
  /** Forget the scope with everything kept beside its record. */
  remove(scope: string): Promise<void>;
  /**
   * The time, ms since 1970, by one clock for all who share the store: their own may differ. Absent: nobody shares it,
   * and each run's own will do.
   */
  now?(): Promise<number>;
  /** Take a scope for this process; freed by the holder's death. Waits up to `waitMs`, then `store.locked`. */
  lock(scope: string, options?: LockScopeOptions): Promise<Lock>;
}

export interface LockScopeOptions {
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** What this process does with it, in a word or two: told to those who find it locked. No secret. */
  readonly command?: string;
}

export interface Lock {
  release(): Promise<void>;
}
