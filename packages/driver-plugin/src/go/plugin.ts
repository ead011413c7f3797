import { type DriverContext, isMachinistError, type Level, MachinistError } from "@machinist/core";
import { notesFolder } from "./begun.ts";
import { type Asked, flagValues, isSecret, type PluginFlag, variableOf } from "./flags.ts";
import type { PluginProgram } from "./plugin-process.ts";
import { withoutSecrets, withSecrets } from "./secrets.ts";
import { type Session, withPlugin } from "./session.ts";
import { emptyDriver, prepareMachine, prepareStore, storePathOf } from "./store-folders.ts";

export interface Caller {
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
}

/** A driver's plugin with all that it needs to work on one machine. */
export class Plugin {
  readonly #program: PluginProgram;
  readonly #flags: readonly PluginFlag[];
  readonly #context: DriverContext;
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #variables: Readonly<Record<string, string>>;

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

  /** Work on a machine of which the plugin's configuration is known. */
  withMachine<T>(config: string, caller: Caller, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#session(caller, async (session) => {
      await session.configure(withSecrets(config, this.#secrets, this.#variables));
      return work(session);
    });
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
    return withoutSecrets(await session.config(), this.#secrets);
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

/** Whether a failure is the plugin's own answer, and not one of the way to it. */
export const isRefusal = (thrown: unknown): boolean => isMachinistError(thrown) && thrown.code === "plugin.refused";
