import type { Command } from "commander";
import type { Io } from "./io.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session.ts";

/** A command as the list of commands has it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: "Fleets" | "Machines" | "Connect" | "About";
  readonly aliases?: readonly string[];
  readonly load: () => Promise<{ readonly default: CommandModule }>;
}

/** The command of a name or an alias. */
export const commandNamed = (commands: readonly CommandEntry[], name: string): CommandEntry | undefined =>
  commands.find((entry) => entry.name === name || entry.aliases?.includes(name));

/** What there is to know before a command line is parsed: `create` looks its driver's flags up in it. */
export interface Draft {
  readonly words: readonly string[];
  readonly io: Io;
  readonly services: Services;
}

export interface Invocation<Options> {
  readonly args: readonly string[];
  readonly options: Options;
  /** All commands there are: for the one that explains them, and the one that completes them. */
  readonly commands: readonly CommandEntry[];
}

/** One command of the command line. */
export interface CommandModule {
  /** Adds its arguments and flags. */
  declare(command: Command, draft: Draft): void | Promise<void>;
  /** Resolves to the exit code; nothing means 0. */
  run(session: Session, invocation: Invocation<Record<string, unknown>>): Promise<number | undefined>;
}

interface Definition<Options> {
  declare(command: Command, draft: Draft): void | Promise<void>;
  run(session: Session, invocation: Invocation<Options>): Promise<number | undefined>;
}

/** A command whose options have the types that its `declare` makes commander give them. */
export const defineCommand = <Options>(definition: Definition<Options>): CommandModule => ({
  declare: definition.declare,
  run: (session, { options, ...rest }) => definition.run(session, { ...rest, options: options as Options }),
});

/** Command lines, each with what it is for. */
export type Examples = readonly (readonly [line: string, purpose: string])[];

/** Examples as a part of a command's description, and after them what else is good to know: its help and the docs show them. */
export function withExamples(command: Command, examples: Examples, note?: string): void {
  const lines = examples.flatMap(([line, purpose]) => [`  # ${purpose}`, `  ${line}`]);
  const rest = note === undefined ? [] : ["", note];
  command.description([command.description(), "", "Examples:", ...lines, ...rest].join("\n"));
}

/** Collects the values of a flag that may be repeated. */
export const collect = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];
