import {
  type Call,
  type Data,
  type DriverContext,
  isMachinistError,
  type Level,
  MachinistError,
  scopeOf,
} from "@machinist/core";
import { notesFolder } from "./begun.ts";
import { type Asked, flagValues, isSecret, type PluginFlag, variableOf } from "./flags.ts";
import type { PluginProgram } from "./plugin-process.ts";
import { filledFrom, type Secret, secretsIn, withoutSecrets, withSecrets } from "./secrets.ts";
import { type Session, withPlugin } from "./session.ts";
import { emptyDriver, prepareMachine, prepareStore, storePathOf } from "./store-folders.ts";

export interface Caller {
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
}

/** Whoever wants something of a machine that is there. */
export interface OfMachine extends Caller {
  readonly machine: string;
  /** Nothing is saved: what docker-machine's file holds stays in it. */
  readonly looksOnly?: true;
}

/** A driver's plugin with all that it needs to work on one machine. */
export class Plugin {
  readonly #program: PluginProgram;
  readonly #flags: readonly PluginFlag[];
  readonly #context: DriverContext;
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #kept = new Map<string, Data>();
  /** Secrets that docker-machine's files had. */
  readonly #found: Secret[] = [];

  constructor(program: PluginProgram, flags: readonly PluginFlag[], context: DriverContext) {
    const secret = flags.filter(isSecret);
    this.#program = { ...program, env: context.env };
    this.#flags = flags;
    this.#context = context;
    this.#variables = Object.fromEntries(secret.map((flag) => [flag.option, variableOf(program.name, flag)]));
    this.#secrets = Object.fromEntries(
      Object.entries(this.#variables).map(([option, variable]) => [option, context.env[variable] ?? ""]),
    );
  }

  /** Where we keep what is noted of a machine. */
  folder(machine: string): string {
    return notesFolder(this.#context.machineDir(machine));
  }

  /** All that is there before a machine is made. */
  async prepare(machine: string): Promise<void> {
    await prepareMachine(this.#context, machine);
  }

  /** A machine's configuration as docker-machine kept it, secrets and all: in memory alone. */
  found(machine: string, kept: Data): void {
    this.#kept.set(machine, kept);
  }

  /** Work on a machine of which the plugin's configuration is known. */
  withMachine<T>(config: string, caller: OfMachine, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#session(caller, async (session) => {
      await session.configure(this.#whole(config, caller));
      return work(session);
    });
  }

  /** A configuration with its secrets: from their variables, else from where docker-machine left them. */
  #whole(config: string, { machine, log, looksOnly }: OfMachine): string {
    const missing = secretsIn(config).filter((option) => !this.#secrets[option]);
    if (missing.length === 0) return withSecrets(config, this.#secrets, this.#variables);
    const filled = filledFrom(config, this.#kept.get(machine) ?? {});
    this.#found.push(...filled.secrets);
    if (!looksOnly && filled.secrets.length > 0) {
      const variables = missing.flatMap((option) => this.#variables[option] ?? []).join(" and ");
      log(`What docker-machine's file kept secret stands there no longer: set ${variables} from now on`, "warn");
    }
    return withSecrets(filled.config, this.#secrets, this.#variables);
  }

  /** Work on one that is not there yet. */
  async withNew<T>(machine: string, asked: Asked, caller: Caller, work: (session: Session) => Promise<T>): Promise<T> {
    const storePath = storePathOf(this.#context, machine);
    await prepareStore(storePath);
    return this.#session(caller, async (session) => {
      await session.configure(emptyDriver(storePath, machine));
      const { type, value } = flagValues(this.#program.name, this.#flags, asked, this.#secrets);
      await session.ask("SetConfigFromFlags", type, value).catch(asOptions);
      return work(session);
    });
  }

  /** What may be kept of the plugin's configuration. */
  async configOf(session: Session): Promise<string> {
    return this.#withoutSecrets(await session.config());
  }

  /** The same when the run is over, and cancelled perhaps. */
  async lastConfigOf(session: Session): Promise<string> {
    return this.#withoutSecrets(await session.lastConfig());
  }

  #withoutSecrets(config: string): string {
    return withoutSecrets(config, [...Object.entries(this.#secrets), ...this.#found]);
  }

  #session<T>({ signal, log }: Caller, work: (session: Session) => Promise<T>): Promise<T> {
    const said = (line: string, isDebug: boolean) => log(line.replace(/^\([^)]*\) /, ""), isDebug ? "debug" : "info");
    return withPlugin(this.#program, { signal, log: said }, work);
  }
}

/** What a plugin says of its flags is about them: nothing was looked at, and nothing will be otherwise another time. */
function asOptions(thrown: unknown): never {
  if (!isMachinistError(thrown) || !isRefusal(thrown)) throw thrown;
  throw new MachinistError("plugin.options", thrown.message, {
    cause: thrown,
    hint: "These are the plugin's own words, about the options that it was given",
  });
}

/** A resource's call, as one about its machine. */
export const ofMachine = (call: Call): OfMachine => ({ machine: scopeOf(call.id), signal: call.signal, log: call.log });

/** Whether a failure is the plugin's own answer, and not one of the way to it. */
export const isRefusal = (thrown: unknown): boolean => isMachinistError(thrown) && thrown.code === "plugin.refused";
