import type { Clock } from "../clock.ts";
import type { Data, Maybe, States } from "./data.ts";
import type { Level } from "./event.ts";
import type { Endpoint } from "./host.ts";
import type { Resource } from "./resource.ts";
import type { ResourceTypes } from "./resource-type.ts";

export type MachineState =
  | "running"
  | "stopped"
  | "paused"
  | "saved"
  | "starting"
  | "stopping"
  | "error"
  | "missing"
  | "unknown";

export type PowerAction = "start" | "stop" | "restart" | "kill";

/** What a driver is told about a machine when it plans. */
export interface PlannedMachine {
  readonly name: string;
  readonly fleet: string;
  /** OpenSSH public key line of the key made here for this machine, or for its whole fleet: see {@link Driver.sshKey}. */
  readonly publicKey: string;
  /**
   * Tells `publicKey` from another key that its fleet has had, [a-z0-9]: to be part of the names of what holds the key. Absent
   * where there was no other.
   */
  readonly keyMark?: string;
  /**
   * What docker-machine's command line asked for beside the driver's own options, as it stands in config.json. Absent where the
   * machine was asked for otherwise. Nothing that it says changes a machine that is there.
   */
  readonly hostOptions?: Data;
  /** The port that Docker's TLS socket will listen on in the machine. Absent: a machine without Docker. */
  readonly enginePort?: number;
}

/** What a driver is given when it is loaded. */
export interface DriverContext {
  /** A folder for what may be kept between runs and rebuilt at any time: downloaded and built images. */
  readonly cacheDir: string;
  /**
   * The user's own cache folder, the same for all stores: what was fetched or built once. It may be emptied at any time, so
   * no machine may stand on what is in it: a link or a copy goes into `cacheDir`. Absent: there is none.
   */
  readonly sharedDir?: string;
  /** The folder of a machine in the store (0700), for files that belong to it alone. */
  readonly machineDir: (machine: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For budgets and waits of the driver's own. Default: the system's; tests put a faster one in its place. */
  readonly clock?: Clock;
}

/** One object at a provider that carries an owner tag of machinist. */
export interface OwnedResource {
  /** The kind that manages such objects: its `delete` and `read` are called with `state`, without props or parents. */
  readonly kind: string;
  readonly owner: string;
  /** Empty where the provider has no room for it. */
  readonly fleet: string;
  /** What a person knows it by: its provider's id, best with its name. */
  readonly label: string;
  readonly state: Data;
  /** ms since 1970, where the provider tells. */
  readonly createdAt?: number;
}

/** What a machine costs while it exists. */
export interface Price {
  readonly hourly: number;
  /** Where a month is not just its hours. */
  readonly monthly?: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Who says so, in a few words. */
  readonly source: string;
  /** When it was asked, ISO 8601. */
  readonly asOf: string;
}

/** What a call about one whole machine is told. `states` holds its resources' states by full id, shared ones too. */
export interface MachineCall {
  readonly machine: string;
  readonly states: States;
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
}

/** A machine's disk as it once was, kept with the machine and gone with it. */
export interface Snapshot {
  readonly name: string;
  /** ms since 1970. */
  readonly takenAt: number;
}

/** Of one machine, which is off while one is taken or restored. Names are checked by the caller, who also asks `list` first. */
export interface Snapshots {
  list(call: MachineCall): Promise<readonly Snapshot[]>;
  take(call: MachineCall, name: string): Promise<void>;
  /** What was written since is lost; the snapshot stays. */
  restore(call: MachineCall, name: string): Promise<void>;
  /** The machine may run. */
  remove(call: MachineCall, name: string): Promise<void>;
}

export interface Driver {
  readonly name: string;
  /** By name: the driver's own, a dot, and what it is (`nspawn.machine`). */
  readonly resourceTypes: ResourceTypes;
  /** Its machines are on this computer: nobody else can reach or remove them, so they cannot be handed over. */
  readonly local?: boolean;
  /**
   * Whose key `publicKey` is. `fleet`: all machines of a fleet have one, so that many can be asked for in one request.
   * Default: `machine`.
   */
  readonly sshKey?: "machine" | "fleet";
  /**
   * Look at the world before anything is made: tools, rights, quotas. Throws MachinistError with code `driver.*` or
   * `options.*`. Changes nothing.
   */
  check?(machine: PlannedMachine, options: Data, signal: AbortSignal): Promise<void>;
  /**
   * The resources of one machine: ids `NAME/…` for its own and `@FLEET/…` for those it shares with its fleet, which
   * must come out the same for every machine. Pure. Options are already validated and have their defaults.
   */
  plan(machine: PlannedMachine, options: Data): Maybe<Resource[]>;
  /** Where its SSH answers, once known. A driver without SSH (`none`) has no such method. Pure. */
  endpoint?(machine: string, states: States): Endpoint | undefined;
  /** The engine's URL where the user brings an engine instead of a host. Pure. */
  engineUrl?(machine: string, states: States): string | undefined;
  /**
   * What a machine with these options costs; undefined where the provider does not tell. Drivers whose machines cost
   * nothing have no such method. Changes nothing; asked for many machines at once, so calls are shared.
   */
  price?(options: Data, signal: AbortSignal): Promise<Price | undefined>;
  /**
   * What it is doing now, as the provider says. Absent where there is no provider to ask: a machine that lets us in by
   * SSH runs, and one that does not answer there is stopped.
   */
  status?(call: MachineCall): Promise<MachineState>;
  /**
   * Everything at the provider that carries an owner tag, whichever store it is of, in the order in which it must be
   * removed. Asked where orphans are looked for. `options` say where to look (region, endpoint). Changes nothing; what
   * cannot be listed is an error.
   */
  listOwned?(options: Data, signal: AbortSignal): Promise<readonly OwnedResource[]>;
  /** Power. An action without an entry is refused by name. */
  readonly power?: { readonly [action in PowerAction]?: (call: MachineCall) => Promise<void> };
  /** Absent where it has none, or where they would outlive the machine. */
  readonly snapshots?: Snapshots;
  /** How docker-machine's driver of this name keeps a machine, both ways. Absent where it had none. */
  readonly dockerMachine?: DockerMachineForm;
}

/** A machine as `Driver` in docker-machine's config.json. Both are pure. */
export interface DockerMachineForm {
  /** What stands there beside name, address and login; it may overlay those. No secrets. */
  write?(machine: string, options: Data, states: States): Data;
  /**
   * What docker-machine kept, as ours: nobody has looked whether any of it is still there. Secrets in it are dropped.
   * `complete` adds the schema's defaults to options, and checks them.
   */
  read?(kept: Data, machine: string, complete: (options: Data) => Data): AdoptedMachine;
}

export interface AdoptedMachine {
  readonly options: Data;
  /** In the order of their parents. Each with the state by which its kind finds it. */
  readonly resources: readonly (Resource & { readonly state: Data })[];
}

/** A driver package's default export. */
export interface DriverModule {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /**
   * JSON Schema (an object schema) of its options: flags, the manifest, docs and forms come from it. `x-env` names the
   * environment variable that may give the value. No credentials belong here.
   */
  readonly options: OptionsSchema;
  /**
   * Secrets that may be given by flag for one run, by option name. The driver finds the value in the environment variable
   * `env`; it is saved nowhere, so that later runs need it again (or the provider's own configuration).
   */
  readonly credentials?: { readonly [option: string]: CredentialSchema };
  create(context: DriverContext): Driver;
}

export interface OptionsSchema {
  readonly type: "object";
  readonly properties: { readonly [option: string]: OptionSchema };
  readonly required?: readonly string[];
  readonly additionalProperties: false;
}
export interface OptionSchema {
  readonly type: "string" | "integer" | "number" | "boolean" | "array";
  readonly description: string;
  readonly default?: string | number | boolean | string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: { readonly type: "string"; readonly pattern?: string };
  readonly "x-env"?: string;
  /**
   * It says which service is sent the user's credentials, or by way of whom: never taken from a file that somebody exported, nor
   * from docker-machine's.
   */
  readonly "x-service"?: true;
  /** Its flag without dashes, where that is not the driver's name and its own (`hetzner-image`). */
  readonly "x-flag"?: string;
  /** The heading it stands under in help and docs. */
  readonly "x-group"?: string;
  /** Array: what a flag gives is one item, whatever commas are in it. */
  readonly "x-whole"?: true;
  /** It was declared by another program: its pattern is matched in a time that grows no faster than the value (RE2's syntax). */
  readonly "x-foreign"?: true;
  /** It is taken for the sake of old command lines and does nothing: why, in a sentence. */
  readonly "x-unused"?: string;
}

export interface CredentialSchema {
  readonly description: string;
  readonly env: string;
  /** As `x-flag` of an option. */
  readonly flag?: string;
}
