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
