import type {
  Data,
  DriverModule,
  Endpoint,
  EngineApi,
  EngineSpec,
  FleetSpec,
  Host,
  MachineState,
  PowerAction,
  Run,
  SavedResource,
  Snapshot,
} from "@machinist/core";
import type { AuditLine } from "./journal/audit.ts";
import type { KeptEvent } from "./journal/event-log.ts";
import type { MachinePrice, Plan, PlannedChange } from "./plans/plan.ts";

export type {
  CertificateNotice,
  MachinePrice,
  Plan,
  PlanBasis,
  PlannedChange,
  SavedPlan,
} from "./plans/plan.ts";

import type { CertificateActions } from "./api-certificates.ts";
import type { DriverActions, DriverView } from "./api-drivers.ts";
import type { Orphan, OrphanQuery, OrphanReport } from "./api-orphans.ts";
import type { Failure, Outcome, RunControl } from "./api-outcome.ts";
import type { AuditQuery, Check, EventQuery } from "./api-queries.ts";
import type { StoreActions } from "./api-store.ts";
import type { Exported, Imported, ImportOptions } from "./api-transfer.ts";
import type { PlanOptions, UpOptions } from "./api-up.ts";

export type {
  AccessRequest,
  AccessView,
  CertificateActions,
  EndingCertificate,
  PreparedAuthority,
} from "./api-certificates.ts";
export type { DriverActions, DriverView, Wrapped } from "./api-drivers.ts";
export type { DriverQuery, Orphan, OrphanQuery, OrphanReport } from "./api-orphans.ts";
export type { Failure, MachineOutcome, Outcome, RunControl } from "./api-outcome.ts";
export type { AuditQuery, Check, EventQuery } from "./api-queries.ts";
export type { StoreActions, StoreLock } from "./api-store.ts";
export type { Exported, Imported, ImportOptions } from "./api-transfer.ts";
export type { Agree, Loss, PlanOptions, UpOptions } from "./api-up.ts";

/** How to open a store. Everything has a default. */
export interface OpenOptions {
  /** Default: $MACHINE_STORAGE_PATH, else ~/.docker/machine. Made (0700) on the first write. */
  readonly storagePath?: string;
  /** Default: process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Driver modules by name that need not be looked up; others are found as packages `@machinist/driver-NAME`, `machinist-driver-NAME`. */
  readonly drivers?: readonly DriverModule[];
  /** How many resources are worked on at once. Default 16. */
  readonly concurrency?: number;
  /** How long to wait for another process that works on the same machine, in ms. Default 0: refuse at once, by name. */
  readonly lockWaitMs?: number;
  /** The command line that this is opened for, as the audit log is to show it; secrets are taken out of it. */
  readonly command?: readonly string[];
}

/** One machine to make on its own, outside any manifest. */
export interface CreateRequest {
  readonly name: string;
  /** Absent: go on with a machine that was begun, as it was asked for then. */
  readonly driver?: string;
  readonly options?: Data;
  readonly engine?: EngineSpec | false;
  /** Where somebody else's Docker will listen, with `engine: false`: its driver lets that port through. */
  readonly enginePort?: number;
  /** Also make a docker context of the machine's name. Default false. */
  readonly context?: boolean;
  /** How long it is wanted, in ms; then `reap` removes it. Default: until it is removed. */
  readonly leaseMs?: number;
  /** docker-machine's HostOptions as they are to stand in its config.json, laid over what its engine says. */
  readonly hostOptions?: Data;
}

/** What is known of a machine without asking anyone. */
export interface MachineInfo {
  readonly name: string;
  readonly fleet: string;
  readonly driver: string;
  readonly options: Data;
  readonly engine: Data | false;
  /** Its folder in the store. */
  readonly folder: string;
  /** `tcp://host:port`; absent while Docker is not ready there or where there is none. */
  readonly url?: string;
  readonly endpoint?: Endpoint;
  /** Swarm role as declared. */
  readonly swarm?: "manager" | "worker";
  /** When the engine's server certificate ends, ISO 8601. */
  readonly certExpires?: string;
  readonly createdAt: number;
  /** When its lease ends, ms since 1970 by {@link Machinist.time}; absent where it has none. */
  readonly leaseUntil?: number;
  readonly resources: readonly SavedResource[];
  /** Not all of its resources are there and were ready: `up` or `create` was interrupted, or failed. */
  readonly incomplete: boolean;
  /** The command that goes on with it; absent where it is whole. */
  readonly resume?: string;
}

/** A machine as it is now. */
export interface MachineView {
  readonly name: string;
  readonly info?: MachineInfo;
  readonly state: MachineState;
  readonly dockerVersion?: string;
  /** The shell's DOCKER_HOST points here. */
  readonly active: boolean;
  /** Why the state or version could not be read. */
  readonly error?: Failure;
  /** How long it took to ask, in ms. */
  readonly responseMs: number;
}

/** What a docker client needs to talk to a machine. */
export interface Connection {
  readonly machine: string;
  readonly url: string;
  /** Folder with ca.pem, cert.pem, key.pem. */
  readonly certPath: string;
  /** False only for an engine given by a plain tcp:// URL (driver none). */
  readonly tls: boolean;
}

export type SnapshotAction = "take" | "restore" | "remove";

/** machinist as a library: everything the command line can do. Prints nothing, prompts for nothing, never exits. */
export interface Machinist extends AsyncDisposable, StoreActions, CertificateActions, DriverActions {
  /** What `up` would do. Changes nothing, anywhere. */
  plan(spec: FleetSpec, options?: PlanOptions): Promise<Plan>;
  up(spec: FleetSpec, options?: UpOptions): Run<Outcome>;
  /** Remove all machines of a fleet and what they share. */
  down(fleet: string, options?: RunControl): Run<Outcome>;

  /**
   * Begin a Swarm that lost the majority of its managers again from what `from` knows. What only the others had agreed on is
   * lost. Throws `swarm.has-leader` where it has a majority.
   */
  recoverSwarm(fleet: string, options: RunControl & { readonly from: string }): Run<Outcome>;
  /** Change the unlock key of a fleet's Swarm; the new one is kept in the store. Throws `swarm.not-locking`. */
  rotateSwarmKey(fleet: string, options?: RunControl): Run<Outcome>;

  create(requests: readonly CreateRequest[], options?: RunControl): Run<Outcome>;
  /** Make `to` as `from` was asked for. Nothing on the disk is copied. Throws `clone.own-host`, and what `create` throws. */
  clone(from: string, to: string, options?: RunControl): Run<Outcome>;
  /**
   * Give a machine that no manifest names another name: in the store, at its provider and on the host. Nothing is made
   * again but its docker context. Throws `rename.fleet`, `rename.unfinished`, `rename.impossible` where its driver cannot,
   * `machine.exists`, `machine.name`.
   */
  rename(from: string, to: string, options?: RunControl): Run<Outcome>;
  /** Machines for another store, as one encrypted file. Throws `export.*`. */
  exportMachines(names: readonly string[], options: RunControl & { readonly passphrase: string }): Promise<Exported>;
  /** Know machines no more that another store has imported. Nothing is removed where they are. */
  forgetExported(names: readonly string[], options?: RunControl): Promise<void>;
  /**
   * Have the machines of an exported file here, all of them or none; provision them next. Their providers are asked for each, with
   * this computer's credentials. Throws `import.*`, `machine.exists`, `driver.unknown`, `options.*`.
   */
  importMachines(data: Uint8Array, options: ImportOptions): Promise<Imported>;
  /**
   * `force`: forget a machine even when its provider cannot be asked; what may be left is in the failures. `leaveUnreachable`:
   * forget one on a host of the user's own that does not answer, and leave what is there; see {@link unreachable}.
   */
  remove(
    names: readonly string[],
    options?: RunControl & { readonly force?: boolean; readonly leaveUnreachable?: boolean },
  ): Run<Outcome>;
  /** Those of these machines that are on a host of the user's own which does not answer. Changes nothing. */
  unreachable(names: readonly string[], options?: RunControl): Promise<string[]>;
  power(action: PowerAction, names: readonly string[], options?: RunControl): Run<Outcome>;
  /**
   * Take, restore or remove a snapshot of a machine's disk. One that runs is shut down to take or restore one, and
   * started again. Throws `snapshot.*`.
   */
  snapshot(action: SnapshotAction, machine: string, name: string, options?: RunControl): Run<Outcome>;
  /** Oldest first. Throws `snapshot.unsupported`, `machine.unknown`. */
  snapshots(machine: string, options?: RunControl): Promise<readonly Snapshot[]>;
  /** Check every step of the engine's recipe again and apply what is not so. */
  provision(names: readonly string[], options?: RunControl): Run<Outcome>;
  regenerateCerts(names: readonly string[], options?: RunControl & { readonly client?: boolean }): Run<Outcome>;
  /** From now on machines are wanted for so long, in ms; without a length they stay until they are removed. */
  lease(names: readonly string[], leaseMs: number | undefined, options?: RunControl): Run<Outcome>;
  /** Remove those of the machines whose leases have ended; see {@link MachineInfo.leaseUntil}. */
  reap(names: readonly string[], options?: RunControl): Run<Outcome>;

  /** What was done to this store's machines, by whom, oldest first. Throws `audit.unreadable`. */
  audit(query?: AuditQuery): AsyncIterable<AuditLine>;
  /** The events of running and past operations, whichever process they ran in, oldest first; the oldest are dropped. */
  events(query?: EventQuery): AsyncIterable<KeptEvent>;

  /** Names of all machines, naturally sorted. Reads one folder. */
  names(): Promise<string[]>;
  fleets(): Promise<string[]>;
  /** From the record alone. Throws `machine.unknown` with the nearest name, or `store.corrupt`. */
  info(name: string): Promise<MachineInfo>;
  /** Asks providers and engines, all at once, each within `timeoutMs` (default 10 000). Never throws for one machine. */
  machines(
    options?: RunControl & { readonly names?: readonly string[]; readonly timeoutMs?: number },
  ): Promise<MachineView[]>;
  status(name: string, options?: RunControl): Promise<MachineState>;
  /** Where a machine is not what its record says, resource by resource. Reads the truth and changes nothing. */
  drift(name: string, options?: RunControl): Promise<readonly PlannedChange[]>;
  /** What the machines cost that there are, as far as their drivers have prices: in {@link MachinePrice.before}. */
  prices(options?: RunControl): Promise<readonly MachinePrice[]>;
  /** Throws `machine.no-engine` where there is no Docker to talk to (yet). */
  connection(name: string): Promise<Connection>;
  /** SSH to a machine; one connection per machine, closed with this object. Throws `machine.no-ssh` for driver none, `machine.off`. */
  host(name: string, options?: RunControl): Promise<Host>;
  engine(name: string, options?: RunControl): Promise<EngineApi>;
  /** The name of the machine $DOCKER_HOST points to. */
  active(): Promise<string | undefined>;

  /** Find a driver. Throws `driver.unknown`, naming what to install or the nearest name. */
  driver(name: string): Promise<DriverModule>;
  drivers(): Promise<DriverModule[]>;
  /** Look for what was made and that no record knows. Changes nothing. Throws `store.corrupt` while a record cannot be read. */
  orphans(query?: OrphanQuery): Promise<OrphanReport>;
  /** Remove orphans. Throws `prune.known` for what has become known meanwhile. */
  prune(orphans: readonly Orphan[], options?: RunControl): Run<Outcome>;
  /** The drivers there are, and what keeps others from working. */
  driversHere(options?: RunControl): Promise<DriverView[]>;
  doctor(options?: RunControl & { readonly names?: readonly string[] }): Promise<Check[]>;
}
