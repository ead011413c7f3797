import type { Engines } from "@machinist/core";

export interface SwarmOptions {
  readonly engines: Engines;
  /** The address or interface at which the other nodes reach a machine. */
  readonly advertise: (machine: string) => Promise<string>;
  /** Where the keys of Swarms that lock themselves are kept. Absent: such Swarms are unlocked by hand. */
  readonly keys?: UnlockKeys;
}

/**
 * Where a fleet's unlock keys are kept: readable by their owner alone, and in no record, event or error. The newest first; the
 * one before it opens a manager that was away when the key was changed.
 */
export interface UnlockKeys {
  read(fleet: string): Promise<readonly string[]>;
  write(fleet: string, keys: readonly string[]): Promise<void>;
}
