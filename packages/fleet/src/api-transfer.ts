import type { RunControl } from "./api-outcome.ts";

/** Machines as one file. */
export interface Exported {
  /** Encrypted: the age format, with a passphrase. */
  readonly data: Uint8Array;
  /** Machines that stay, and that an SSH key in the file opens as well: their fleet shares it. */
  readonly opened: readonly string[];
}

/** What an exported file brought. */
export interface Imported {
  /** All machines in the file. */
  readonly machines: readonly string[];
  /** Those that were not here before. */
  readonly fresh: readonly string[];
  /** What their fleets are called here, by the names they had. */
  readonly fleets: { readonly [name: string]: string };
}

export interface ImportOptions extends RunControl {
  readonly passphrase: string;
  /**
   * Drivers of which the file's maker is believed, by name: which service is asked with your credentials, and which objects there
   * are the machines. For drivers that cannot find a machine by its owner tag, as docker-machine's plugins cannot.
   */
  readonly trust?: readonly string[];
}
