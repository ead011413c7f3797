import type { Command } from "commander";
import { type CommandEntry, commandNamed, type Draft } from "../command.ts";
import { globalFlags, splitCommand } from "../globals.ts";
import { machineNames, storageFolder } from "../machine-names.ts";
import { buildCommand } from "../parse.ts";

/** What a value of these flags can be. */
const values: { readonly [flag: string]: readonly string[] } = {
  "--progress": ["auto", "live", "plain", "none"],
  "--filter": ["name=", "driver=", "state=", "swarm=", "fleet=", "label="],
  "--engine-install": ["auto", "repository", "distribution", "none"],
};

/** Commands whose arguments are no machines, and what they are. */
const wordsOf: { readonly [command: string]: readonly string[] } = {
  create: [],
  up: [],
  plan: [],
  ls: [],
  active: [],
  prune: [],
  reap: [],
  audit: [],
  events: [],
  access: ["add", "ls", "revoke"],
  completion: ["bash", "zsh", "fish", "powershell"],
};

/** What the last of `words` (the command line up to the cursor, without `machinist`) may become. */
export async function candidates({ words, io, services }: Draft, commands: readonly CommandEntry[]): Promise<string[]> {
  const typed = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const { name, rest } = splitCommand(typed);
  const entry = name === undefined ? undefined : commandNamed(commands, name);
  if (entry === undefined) return name === undefined ? withoutCommand(commands, typed, current) : [];
  const command = await buildCommand(entry, (await entry.load()).default, { words: rest, io, services });
  const flag = wantsValue(command, typed.at(-1));
  if (flag !== undefined) return matching(await valuesOf(flag), current);
  if (current.startsWith("-")) return matching(flagsOf(command), current);
  return matching(await argumentsOf(), current);

  async function valuesOf(long: string): Promise<readonly string[]> {
    if (long === "--shell") return (await import("../env/variables.ts")).shellNames;
    if (long === "--machine" || long === "--from")
      return machineNames(storageFolder(storage(typed).storagePath, io.env));
    if (long === "--overwrite-data") return projects();
    if (long !== "--driver") return values[long] ?? [];
    await using machinist = await services.open({ env: io.env, ...storage(typed) });
    return (await machinist.drivers()).map((driver) => driver.name);
  }

  /** Those that the manifest names. */
  async function projects(): Promise<readonly string[]> {
    command.parseOptions(rest.slice(0, -1));
    const { file = [(await services.findManifest(io.cwd)) ?? ""] } = command.opts<{ file?: readonly string[] }>();
    const { spec } = await services.readManifest(file, { env: io.env, cwd: io.cwd });
    return [...new Set(spec.compose.map(({ name }) => name))];
  }

  async function argumentsOf(): Promise<readonly string[]> {
    if (entry?.name === "help") return commands.map((one) => one.name);
    if (entry?.name === "snapshot" && rest.length === 0) return ["take", "ls", "restore", "rm"];
    if (entry?.name === "swarm" && rest.length === 0) return ["recover", "rotate-key"];
    if (entry?.name === "down" || entry?.name === "swarm") {
      await using machinist = await services.open({ env: io.env, ...storage(typed) });
      return machinist.fleets();
    }
    const fixed = entry === undefined ? [] : wordsOf[entry.name];
    const names = () => machineNames(storageFolder(storage(typed).storagePath, io.env));
    if (entry?.name === "scp") return names().map((machine) => `${machine}:`);
    return fixed ?? names();
  }
}

function withoutCommand(commands: readonly CommandEntry[], typed: readonly string[], current: string): string[] {
  const before = typed.at(-1);
  const valued = globalFlags.some(
    ({ flags, value }) => value && before !== undefined && flags.split(/[ ,]+/).includes(before),
  );
  if (valued) return matching(values[before ?? ""] ?? [], current);
  const all = current.startsWith("-")
    ? globalFlags.map(({ flags }) => /--[\w-]+/.exec(flags)![0])
    : commands.map(({ name }) => name);
  return matching(all, current);
}

const matching = (words: readonly string[], start: string): string[] =>
  words.filter((word) => word.startsWith(start) && !/[\x00-\x1f\x7f]/.test(word));

const flagsOf = (command: Command): string[] => [
  ...command.options.flatMap(({ long }) => (long ? [long] : [])),
  "--help",
];

/** The long name of the flag before the cursor, if it still lacks its value. */
function wantsValue(command: Command, word: string | undefined): string | undefined {
  const option = command.options.find(({ short, long }) => word !== undefined && (short === word || long === word));
  return option?.required ? option.long : undefined;
}

function storage(typed: readonly string[]): { storagePath?: string } {
  const at = typed.findIndex((word) => word === "-s" || word === "--storage-path");
  const path = at < 0 ? undefined : typed[at + 1];
  return path === undefined ? {} : { storagePath: path };
}
