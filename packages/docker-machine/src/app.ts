import { boolOf, type Flag } from "./argv/flag.ts";
import { commandHelp, listOfCommands, programHelp } from "./argv/help-text.ts";
import { parseCommand, parseFlags } from "./argv/parse-flags.ts";
import { CliError, isComplaint, messageOf } from "./cli-error.ts";
import type { Call, Command } from "./command.ts";
import { commands } from "./commands/index.ts";
import { asPlugin, metadata } from "./docker-plugin.ts";
import { storePathOf } from "./host/load.ts";
import type { Io } from "./io.ts";
import { versionLine } from "./version.ts";

/** Flags before the command. */
const globals = (storePath: string): readonly Flag[] => [
  { kind: "bool", name: "debug", short: "D", usage: "Enable debug mode" },
  {
    kind: "string",
    name: "storage-path",
    short: "s",
    value: storePath,
    usage: "Configures storage path",
    env: "MACHINE_STORAGE_PATH",
  },
  { kind: "string", name: "tls-ca-cert", usage: "CA to verify remotes against", env: "MACHINE_TLS_CA_CERT" },
  { kind: "string", name: "tls-ca-key", usage: "Private key to generate certificates", env: "MACHINE_TLS_CA_KEY" },
  { kind: "string", name: "tls-client-cert", usage: "Client cert to use for TLS", env: "MACHINE_TLS_CLIENT_CERT" },
  {
    kind: "string",
    name: "tls-client-key",
    usage: "Private key used in client TLS auth",
    env: "MACHINE_TLS_CLIENT_KEY",
  },
  {
    kind: "string",
    name: "github-api-token",
    usage: "Token to use for requests to the Github API",
    env: "MACHINE_GITHUB_API_TOKEN",
  },
  {
    kind: "bool",
    name: "native-ssh",
    usage: "Use the native (Go-based) SSH implementation.",
    env: "MACHINE_NATIVE_SSH",
  },
  {
    kind: "string",
    name: "bugsnag-api-token",
    usage: "BugSnag API token for crash reporting",
    env: "MACHINE_BUGSNAG_API_TOKEN",
  },
];

const helpFlag: Flag = { kind: "bool", name: "help", short: "h", usage: "show help" };
const ownFlags: readonly Flag[] = [helpFlag, { kind: "bool", name: "version", short: "v", usage: "print the version" }];

/** Run one command line; the exit code. */
export async function run(words: readonly string[], io: Io, deep: Call["deep"]): Promise<number> {
  try {
    if (words[0] === "docker-cli-plugin-metadata") {
      io.out(metadata());
      return 0;
    }
    return await dispatch(asPlugin(words, io.env), io, deep);
  } catch (thrown) {
    io.err(`${messageOf(thrown)}\n`);
    return isComplaint(thrown) ? thrown.code : 1;
  }
}

async function dispatch(words: readonly string[], io: Io, deep: Call["deep"]): Promise<number> {
  const flags = [...globals(storePathOf(io.env.MACHINE_STORAGE_PATH ?? "", io.env, io.cwd)), ...ownFlags];
  const parsed = parseFlags(words, flags, io.env);
  const help = () => io.out(programHelp(commands, flags));
  if (parsed.twoForms !== undefined) {
    io.err(`${parsed.twoForms}\n`);
    io.out(`${parsed.twoForms}\n`);
    help();
    return 0;
  }
  if (parsed.problem !== undefined) {
    io.err(`${parsed.problem}\n`);
    io.out("Incorrect Usage.\n\n");
    help();
    return 0;
  }
  if (parsed.values.get("help") === true) {
    help();
    return 0;
  }
  if (parsed.values.get("version") === true) {
    io.out(`docker-machine version ${versionLine}\n`);
    return 0;
  }
  const debug = debugOf(parsed.values.get("debug") === true, io);
  const [name, ...rest] = parsed.args;
  const explain = (asked: string | undefined) => {
    if (asked === undefined) help();
    // To the letter: an empty word is taken for the command of which all others are a part.
    else if (asked === "") io.out(listOfCommands(commands, flags));
    else io.out(helpOf(commandCalled(asked)));
    return 0;
  };
  if (name === undefined || name === "") return explain(name);
  const storePath = storePathOf(String(parsed.values.get("storage-path") ?? ""), io.env, io.cwd);
  const shared: Call["shared"] = {};
  const base = { io, storePath, words, debug, deep, shared, globals: parsed.values };
  if (debug) io.err(`Docker Machine Version:  ${versionLine}\n`);
  try {
    const command = commandCalled(name);
    if (command === helpCommand)
      return await runCommand({ ...command, run: async ({ args }) => explain(args[0]) }, rest, base);
    return await runCommand(command, rest, base);
  } finally {
    // One that could not be opened has nothing to close; why was said.
    const machinist = await shared.machinist?.catch(() => undefined);
    await machinist?.[Symbol.asyncDispose]();
  }
}

function debugOf(flag: boolean, { env }: Io): boolean {
  const given = env.MACHINE_DEBUG;
  if (given === undefined || given === "") return flag;
  const read = boolOf(given);
  if (read === undefined)
    throw new CliError(
      `Error parsing boolean value from MACHINE_DEBUG: strconv.ParseBool: parsing ${JSON.stringify(given)}: invalid syntax`,
    );
  return flag || read;
}

function commandCalled(name: string): Command {
  const command = [...commands, helpCommand].find((each) => each.name === (name === "h" ? "help" : name));
  if (command) return command;
  throw new CliError(`docker-machine: '${name}' is not a docker-machine command. See 'docker-machine --help'.`);
}

/** What it explains is up to the program: see `dispatch`. */
const helpCommand: Command = {
  name: "help",
  usage: "Shows a list of commands or help for one command",
  flags: [],
  run: async () => 0,
};

const helpOf = (command: Command): string => commandHelp(command, command.flags);

type Base = Omit<Call, "flags" | "given" | "args">;

async function runCommand(command: Command, words: readonly string[], base: Base): Promise<number> {
  const { io } = base;
  const flags = [...command.flags, ...((await command.moreFlags?.(base, words)) ?? [])].sort(byFlag(command));
  if (command.raw) {
    if (words[0] === "-h" || words[0] === "--help" || words[0] === "-help") {
      io.out(commandHelp(command, flags));
      return 0;
    }
    return finish(command, flags, { ...base, flags: new Map(), given: new Set(), args: words });
  }
  const parsed = parseCommand(words, [...flags, helpFlag], io.env);
  if (parsed.twoForms !== undefined && parsed.problem === undefined) {
    io.err(`${parsed.twoForms}\n`);
    io.out(`${parsed.twoForms}\n\n${commandHelp(command, flags)}`);
    return command.strict ? 1 : 0;
  }
  if (parsed.problem !== undefined) {
    io.err(`${parsed.problem}\n`);
    io.out(`Incorrect Usage.\n\n${commandHelp(command, flags)}`);
    return command.strict ? 1 : 0;
  }
  if (parsed.values.get("help") === true) {
    io.out(commandHelp(command, flags));
    return 0;
  }
  return finish(command, flags, { ...base, flags: parsed.values, given: parsed.given, args: parsed.args });
}

async function finish(command: Command, flags: readonly Flag[], call: Call): Promise<number> {
  try {
    return await command.run(call);
  } catch (thrown) {
    if (isComplaint(thrown) && thrown.help) call.io.out(commandHelp(command, flags));
    throw thrown;
  }
}

/** Only `create`, which does not know all of its flags beforehand, sorts them by name. */
const byFlag =
  ({ moreFlags }: Command) =>
  (a: Flag, b: Flag) =>
    moreFlags === undefined || a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
