import type { PowerAction } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import type { Flag, FlagValue } from "./argv/flag.ts";
import type { CopyPath } from "./copy-path.ts";
import type { Host } from "./host/load.ts";
import type { Io } from "./io.ts";

/** One command of docker-machine. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly description?: string;
  readonly flags: readonly Flag[];
  /** Flags that are only known once the command line is: a driver's. */
  readonly moreFlags?: (
    call: Omit<Call, "flags" | "given" | "args">,
    words: readonly string[],
  ) => Promise<readonly Flag[]>;
  /** Its words go on as they are. */
  readonly raw?: true;
  /** A wrong flag is no success, as it is with all others. */
  readonly strict?: true;
  /** The exit code. */
  readonly run: (call: Call) => Promise<number>;
}

export interface Call {
  readonly io: Io;
  /** Absolute. */
  readonly storePath: string;
  readonly flags: { readonly get: (name: string) => FlagValue | undefined };
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
  /** The words after the program's name, as they came. */
  readonly words: readonly string[];
  readonly debug: boolean;
  /** Of the flags before the command. */
  readonly globals: ReadonlyMap<string, FlagValue>;
  /** What stands on machinist proper: loaded only where it is needed, because it takes longer than all of the rest. */
  readonly deep: () => Promise<Backend>;
  /** Opened by the first that needs it, for all of the command; closed when that ends. */
  readonly shared: { machinist?: Promise<Machinist> };
}

/** What the store is opened with. */
export type Opening = Pick<Call, "io" | "storePath" | "words" | "shared">;

/** What stands on machinist, as `src/backend` has it. All throw a CliError in docker-machine's words. */
export interface Backend {
  driverFound(call: Opening, name: string): Promise<boolean>;
  driverFlags(call: Opening, name: string): Promise<readonly Flag[]>;
  create(call: Call, name: string): Promise<void>;
  remove(call: Call, name: string, force: boolean): Promise<void>;
  power(call: Call, action: PowerAction, name: string): Promise<void>;
  provision(call: Call, host: Host): Promise<void>;
  upgrade(call: Call, host: Host): Promise<void>;
  regenerateCerts(call: Call, host: Host, client: boolean): Promise<void>;
  machineState(call: Opening, host: Host, signal: AbortSignal): Promise<Found>;
  /** The exit code of what ran there. */
  ssh(call: Call, host: Host, words: readonly string[]): Promise<number>;
  /** `user`: in the place of the machine's own. */
  sshArguments(call: Call, host: Host, user?: string): Promise<SshArguments>;
  copy(call: Call, from: CopyPath, to: CopyPath, copying: Copying): Promise<void>;
}

/** The state that docker-machine would print, and what kept it from being found out. */
export interface Found {
  readonly state: string;
  readonly error: string;
  /** Its driver's plugin is here and does not start: to docker-machine a machine that cannot be loaded. */
  readonly unloadable?: boolean;
}

/** How the computer's own ssh, scp, sshfs and rsync are told to reach a machine. */
export interface SshArguments {
  readonly options: readonly string[];
  /** `user@host`. */
  readonly destination: string;
}

export interface Copying {
  readonly recursive: boolean;
  /** Send only what differs, by rsync. */
  readonly delta: boolean;
  readonly quiet: boolean;
}

export const text = (call: Pick<Call, "flags">, name: string): string => String(call.flags.get(name) ?? "");
export const yes = (call: Pick<Call, "flags">, name: string): boolean => call.flags.get(name) === true;
export const list = (call: Pick<Call, "flags">, name: string): readonly string[] => {
  const value = call.flags.get(name);
  return Array.isArray(value) ? (value as readonly string[]) : [];
};
