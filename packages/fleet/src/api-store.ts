import type { StoreLock } from "@machinist/core";
import type { RunControl } from "./api-outcome.ts";

export type { StoreLock } from "@machinist/core";

/** What is about a store as a whole: where it is, what time it is there, and who works on what in it. */
export interface StoreActions {
  readonly storagePath: string;
  /** By the clock of the disk that it is on, ms since 1970: leases are given and end by it. */
  time(): Promise<number>;
  /** The locks that there are, with their holders and whether these live. Waits for nobody and changes nothing. */
  locks(): Promise<readonly StoreLock[]>;
  /**
   * Free locks whose holders cannot be asked, because they ran on another computer. The caller knows that they have
   * ended. Throws `store.in-use`, before any is freed, where a holder lives. The names of those that were freed; others
   * are gone or have new holders.
   */
  unlock(locks: readonly StoreLock[], options?: RunControl): Promise<readonly string[]>;
}
