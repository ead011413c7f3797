import type { Data, OwnedResource } from "@machinist/core";
import type { Failure, RunControl } from "./api-outcome.ts";

/** Where to look for orphans: a driver, and the options that say where its provider is. */
export interface DriverQuery {
  readonly driver: string;
  /** Defaults and the environment fill in the rest. */
  readonly options?: Data;
}
export interface OrphanQuery extends RunControl {
  /** Default: wherever machines of this store are, and what every other installed driver looks at by itself. */
  readonly drivers?: readonly DriverQuery[];
}

/** An object at a provider that carries one of machinist and that no record of this store knows. */
export interface Orphan extends OwnedResource {
  readonly driver: string;
  /** It was made from this store. Others may belong to machines of other people's stores. */
  readonly ours: boolean;
}
export interface OrphanReport {
  readonly orphans: readonly Orphan[];
  /** Names of the drivers that answered. */
  readonly drivers: readonly string[];
  /** Drivers that could not be asked; `id` is a driver's name. What they hold is not known. */
  readonly failures: readonly Failure[];
  /** The same of drivers that nothing here was made with. */
  readonly skipped: readonly Failure[];
}
