import { Command, CommanderError } from "commander";
import type { CommandEntry, CommandModule, Draft, Invocation } from "./command.ts";
import { addGlobalFlags } from "./globals.ts";
import { usage } from "./usage.ts";

export interface Parsed {
  readonly invocation: Omit<Invocation<Record<string, unknown>>, "commands">;
  /** Set when help was asked for instead. */
  readonly help?: string;
}

/** One command as commander knows it: its own flags first, then the global ones. */
export async function buildCommand(entry: CommandEntry, module: CommandModule, draft: Draft): Promise<Command> {
  const command = new Command(`machinist ${entry.name}`)
    .description(`${entry.summary}.`)
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr() {}, writeOut() {}, getOutHelpWidth: () => draft.io.stdout.columns ?? 100 });
  await module.declare(command, draft);
  addGlobalFlags(command);
  return command;
}

/** A command's help with what it adds to it: examples, which commander leaves out of `helpInformation`. */
export function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

/** The words after a command's name, by its declaration. Throws `usage.*` with the nearest right word. */
export async function parseCommand(entry: CommandEntry, module: CommandModule, draft: Draft): Promise<Parsed> {
  const command = await buildCommand(entry, module, draft);
  try {
    command.parse(withTruth(command, draft.words), { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.code === "commander.helpDisplayed" || thrown.code === "commander.help")
      return { invocation: { args: [], options: {} }, help: helpOf(command) };
    throw await asUsage(thrown, command, entry);
  }
  return { invocation: { args: command.args, options: command.opts() } };
}

/**
 * A flag that may be followed by true or false takes no other word: commander would have it swallow the machine's name
 * in `create --generic-trust-on-first-use web`.
 */
function withTruth(command: Command, words: readonly string[]): string[] {
  const end = words.indexOf("--");
  const truths = new Set(command.options.flatMap(({ long, optional }) => (optional && long ? [long] : [])));
  return words.map((word, index) => {
    const follows = /^(true|false)$/i.test(words[index + 1] ?? "");
    return truths.has(word) && !follows && (end < 0 || index < end) ? `${word}=true` : word;
  });
}

async function asUsage(error: CommanderError, command: Command, entry: CommandEntry) {
  const hint = `See \`machinist ${entry.name} --help\`.`;
  const sentence = sentenceOf(error.message);
  if (error.code !== "commander.unknownOption") return usage(codes[error.code] ?? "invalid", sentence, hint);
  const flag = /'(.*)'/s.exec(error.message)?.[1] ?? "";
  const { nearest } = await import("@machinist/options");
  const near = nearest(
    flag,
    command.options.flatMap(({ long }) => (long ? [long] : [])),
  );
  const guess = near === undefined ? hint : `Did you mean ${near}? ${hint}`;
  return usage("unknown-flag", `machinist ${entry.name} has no flag ${flag}`, guess);
}

const codes: { readonly [code: string]: string } = {
  "commander.missingArgument": "missing-argument",
  "commander.excessArguments": "too-many-arguments",
  "commander.optionMissingArgument": "missing-value",
  "commander.invalidArgument": "value",
  "commander.conflictingOption": "conflict",
};

/** Commander's `error: option '--x' argument missing` as one of our sentences. */
function sentenceOf(message: string): string {
  const text = message.replace(/^error: /, "").replace(/\.$/, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
