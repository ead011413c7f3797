import type { Data } from "./data.ts";
import type { HookSpec } from "./hook.ts";

/** What a whole fleet should be: a manifest after defaults, expansion and validation. Paths are absolute. */
export interface FleetSpec {
  readonly name: string;
  readonly machines: readonly MachineSpec[];
  readonly compose: readonly ComposeSpec[];
  readonly stacks: readonly StackSpec[];
  /** Make a docker context per machine, and one named as the fleet for its first manager (or its only machine). */
  readonly contexts: boolean;
  /** What is done on events of this fleet. Default: nothing. */
  readonly hooks?: readonly HookSpec[];
  /** What holds for the Swarm as a whole. */
  readonly swarm?: FleetSwarmSpec;
}

export interface FleetSwarmSpec {
  /** A manager that starts needs the Swarm's unlock key, which is kept in the store. Default: as Docker has it, off. */
  readonly autolock?: boolean;
  /** How many of its machines may be out of service at once while they are changed, at least 1. Default 1. */
  readonly maxUnavailable?: number;
}

export interface MachineSpec {
  readonly name: string;
  /** The group in the manifest it came from; its own name when it was made by itself. */
  readonly group: string;
  readonly driver: string;
  /** The driver's own options as given: not yet validated, without defaults. */
  readonly options: Data;
  /** `false`: a machine without Docker. */
  readonly engine: EngineSpec | false;
  /** Where somebody else's Docker will listen, on a machine without ours: its driver lets that port through. */
  readonly enginePort?: number;
  readonly swarm?: SwarmSpec;
  /** How long it is wanted from its creation, in ms; then it may be reaped. Default: until it is removed. */
  readonly leaseMs?: number;
}

/** What is asked of Docker on one machine. All optional; the empty object is "Docker, secured, nothing else". */
export interface EngineSpec {
  /**
   * Where Docker comes from when it is not there yet: `auto` (the distribution's package, else docker's repository), `repository` (docker's own), `distribution`,
   * `none` (it must be there already), or an https URL of an install script.
   */
  readonly install?: string;
  /** Version or version prefix of Docker ("28.2"), where the source can pin one. */
  readonly version?: string;
  /** TCP port of the TLS socket. Default 2376. */
  readonly port?: number;
  readonly labels?: { readonly [key: string]: string };
  readonly dns?: readonly string[];
  readonly insecureRegistries?: readonly string[];
  readonly registryMirrors?: readonly string[];
  readonly storageDriver?: string;
  readonly logDriver?: string;
  readonly logOptions?: { readonly [key: string]: string };
  /** Environment of the daemon (proxies). */
  readonly env?: { readonly [key: string]: string };
  /** Any other keys of daemon.json, taken as they are. */
  readonly options?: Data;
  /** More names and addresses for the server certificate. */
  readonly sans?: readonly string[];
  /** Set the system's hostname to the machine's name. Default true. */
  readonly hostname?: boolean;
}

export interface SwarmSpec {
  readonly role: "manager" | "worker";
  readonly labels?: { readonly [key: string]: string };
  readonly availability?: "active" | "pause" | "drain";
  /** Address or interface that the other nodes reach. Default: the machine's address. */
  readonly advertise?: string;
}

/** What must be true of a project's services before what comes after it: all but `completed` let jobs end with 0. */
export type ComposeWait = "started" | "healthy" | "completed";

/** A compose project on one machine, started after Docker and, unless it says otherwise, before Swarm. */
export interface ComposeSpec {
  readonly name: string;
  readonly machine: string;
  /** Compose files, first the base, then the overrides. */
  readonly files: readonly string[];
  readonly envFiles?: readonly string[];
  readonly profiles?: readonly string[];
  /** Names of variables of this process's environment that its files may use. Values are saved nowhere. */
  readonly env?: readonly string[];
  /** Default `healthy`. */
  readonly wait?: ComposeWait;
  /** How long that may take, in ms. Default 3 minutes, for `completed` 20. */
  readonly timeoutMs?: number;
  /** How long a service without a health check has to run before it is ready, in ms. Default 10 seconds. */
  readonly steadyMs?: number;
  /** Carried files replace what is on the machine also where somebody there, a container for one, has written to it. */
  readonly overwriteData?: boolean;
  /** Registries that it is brought up with this user's own logins to: `ghcr.io`. They are on the machine only meanwhile. */
  readonly registries?: readonly string[];
  /** Names of projects of the fleet that must be up first, wherever they run. */
  readonly after?: readonly string[];
  /** It starts when all machines have joined the Swarm. Default: before. */
  readonly afterSwarm?: boolean;
}

/** A stack on the fleet's Swarm, deployed after all members have joined. */
export interface StackSpec {
  readonly name: string;
  readonly files: readonly string[];
  /** Without any, the `.env` beside the first file. */
  readonly envFiles?: readonly string[];
  /** Names of variables of this process's environment that its files may use. Values are saved nowhere. */
  readonly env?: readonly string[];
  /** Registries that its nodes pull from with this user's own logins: `ghcr.io`. The Swarm keeps them with its services. */
  readonly registries?: readonly string[];
  /** How long its services must stay as they are after they changed, in ms. Default 10 seconds. */
  readonly steadyMs?: number;
}
