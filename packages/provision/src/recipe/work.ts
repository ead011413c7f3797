import type { Call, Hosts } from "@machinist/core";
import type { Certificates } from "../certs/index.ts";
import type { EngineProps } from "../engine-props.ts";
import type { EngineState } from "../engine-state.ts";
import type { Facts } from "../host/facts.ts";
import type { Reach } from "../host/reach.ts";

/** What an engine said when it was asked over mutual TLS. */
export interface Verified {
  readonly version: string;
  readonly apiVersion: string;
  readonly id: string;
  /** Its storage driver, and where it keeps its data. */
  readonly storage?: string;
  readonly root?: string;
}

/**
 * Ask the engine at `url` (tcp://…) for its version and id, with ca.pem, cert.pem and key.pem of `machineDir`. Throws
 * where it does not answer or the certificates are refused.
 */
export type EngineVerifier = (url: string, machineDir: string, signal: AbortSignal) => Promise<Verified>;

export interface EngineDependencies {
  readonly hosts: Hosts;
  readonly certificates: Certificates;
  /** The machine's folder in the store. */
  readonly machineDir: (machine: string) => string;
  readonly verify: EngineVerifier;
}

/** One run of the recipe. `facts` and `state` are of the last look. */
export interface Work {
  readonly call: Call<EngineProps>;
  readonly props: EngineProps;
  readonly machineDir: string;
  readonly dependencies: EngineDependencies;
  readonly reach: Reach;
  /** A key that is being made meanwhile. */
  readonly serverKey: () => Promise<string>;
  /** A new server certificate is still to be issued, even though the present one is good. */
  renew: boolean;
  facts: Facts;
  state: EngineState;
}

/** One thing that should be so: seen in what was last looked at, without asking again. */
export interface Step {
  readonly name: string;
  done(work: Work): boolean;
}

/** Steps that are repaired together, in one go, since a round trip each would be slow. */
export interface Stage {
  readonly steps: readonly Step[];
  /** Put right what `pending` names, and look again: sets `facts` and `state`. */
  apply(work: Work, pending: readonly string[]): Promise<void>;
}
