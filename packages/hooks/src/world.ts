import type { Emit, Hosts, ScopeRecord } from "@machinist/core";
import type { HookMachine } from "./payload.ts";

/** What hooks need of those who run them. */
export interface HookWorld {
  /** The store's folder; what is pending is kept in `hooks` below it. */
  readonly storePath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hosts: Hosts;
  /** A fleet's or machine's record as it is in the store now. */
  record(scope: string): Promise<ScopeRecord | undefined>;
  /** What the records tell of a machine now; undefined when there is none. */
  machine(name: string): Promise<HookMachine | undefined>;
  /** The machines of a fleet as the records tell them now. */
  machines(fleet: string): Promise<readonly HookMachine[]>;
  /** Whether a machine runs, as its provider says; undefined where that cannot be told. */
  running(name: string): Promise<boolean | undefined>;
}

/** What an action works with: the world, and what only this run has. */
export interface ActionWorld extends HookWorld {
  readonly emit: Emit;
  readonly signal: AbortSignal;
}
