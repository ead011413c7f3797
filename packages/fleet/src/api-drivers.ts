import type { RunControl } from "./api-outcome.ts";

/** What an old docker-machine brought. */
export interface Wrapped {
  /** Its path. */
  readonly program: string;
  /** The drivers inside of it that are plugins now. */
  readonly drivers: readonly string[];
  /** Where these plugins are. */
  readonly folder: string;
}

/** What brings drivers into a store, and finds those of docker-machine. */
export interface DriverActions {
  /**
   * Put a driver's package into the store, with npm: by the driver's name, or as npm takes it (a package, a folder, a
   * tarball), or an image as `docker://owner/name`; with `env`, let such an image, or the program of this driver on PATH, have
   * these variables beside those named after it. The names of the drivers. Throws `driver.variable`, `driver.no-program`, `driver.npm`, `driver.not-found`, `driver.broken`.
   */
  addDriver(spec: string, options?: RunControl & { readonly env?: readonly string[] }): Promise<readonly string[]>;
  /** Take it out again. Throws `driver.not-added`. */
  removeDriver(name: string, options?: RunControl): Promise<void>;
  /** The name here of the driver that docker-machine means by this one: a plugin on PATH comes before a driver that it did not have. */
  nameOfDockerMachine(driver: string): Promise<string>;
  /** Make plugins of the drivers inside of a docker-machine at `path`. Throws `driver.wrap`. */
  wrapDockerMachine(path: string, options?: RunControl): Promise<Wrapped>;
}

/** A driver, and whether it can make machines here. */
export interface DriverView {
  readonly driver: string;
  /**
   * `ready`: its own checks hold. `installed`: it must be told something first (`required`), so nothing was checked.
   * `unusable`: something here is missing. `broken`: it cannot be loaded. `missing`: it is not installed.
   */
  readonly state: "ready" | "installed" | "unusable" | "broken" | "missing";
  readonly description?: string;
  /** Options without which it makes nothing. */
  readonly required?: readonly string[];
  readonly message: string;
  readonly hint?: string;
  /** Of a driver in an image or a program on PATH: variables that are not named after it, and that it may have. */
  readonly env?: readonly string[];
}
