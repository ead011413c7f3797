import type { StoreLock } from "@machinist/core";
import type { RunControl } from "./api-outcome.ts";

export type { StoreLock } from "@machinist/core";

/** Who works on what in a store, and what is left of those who did. */
export interface LockActions {
  /** The locks that there are, with their holders and whether these live. Waits for nobody and changes nothing. */
  locks(): Promise<readonly StoreLock[]>;
  /**
   * Free locks whose holders cannot be asked, because they ran on another computer. The caller knows that they have
   * ended. Throws `store.in-use`, before any is freed, where a holder lives. The names of those that were freed; others
   * are gone or have new holders.
   */
  unlock(locks: readonly StoreLock[], options?: RunControl): Promise<readonly string[]>;
}
