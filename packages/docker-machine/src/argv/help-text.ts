import type { Command } from "../command.ts";
import { alignTabs, helpTabs } from "../text/tab-writer.ts";
import { versionLine } from "../version.ts";
import type { Flag } from "./flag.ts";

/** The help of one command. `flags`: all of them, a driver's too. */
export function commandHelp({ name, usage, description }: Command, flags: readonly Flag[]): string {
  const options =
    flags.length === 0 ? "" : `\nOptions:\n   \n${flags.map((flag) => `   ${flagText(flag)}\n`).join("")}`;
  const about = description === undefined ? "" : `\nDescription:\n   ${description}\n`;
  const text = `Usage: docker-machine ${name}${flags.length === 0 ? "" : " [OPTIONS]"} [arg...]\n\n${usage}\n${about}${options}`;
  return alignTabs(text, helpTabs);
}

/** The help of the program. */
export function programHelp(commands: readonly Command[], flags: readonly Flag[]): string {
  const text = [
    "Usage: docker-machine [OPTIONS] COMMAND [arg...]\n",
    "Create and manage machines running Docker.\n",
    `Version: ${versionLine}\n`,
    "Author:\n  Docker Machine Contributors - <https://github.com/docker/machine>\n",
    "Options:",
    ...flags.map((flag) => `  ${flagText(flag)}`),
    "  ",
    "Commands:",
    ...commands.map(({ name, usage }) => `  ${name}\t${usage}`),
    "  help\tShows a list of commands or help for one command",
    "  ",
    "Run 'docker-machine COMMAND --help' for more information on a command.",
  ];
  return alignTabs(`${text.join("\n")}\n`, helpTabs);
}

/** The help of a command of which all others would be a part. */
export function listOfCommands(commands: readonly Command[], flags: readonly Flag[]): string {
  const text = [
    "NAME:\n   docker-machine - Create and manage machines running Docker.\n",
    "USAGE:\n   docker-machine command [command options] [arguments...]\n",
    "COMMANDS:",
    ...commands.map(({ name, usage }) => `   ${name}\t${usage}`),
    "   help, h\tShows a list of commands or help for one command",
    "   ",
    "OPTIONS:",
    ...flags.map((flag) => `   ${flagText(flag)}`),
    "   ",
  ];
  return alignTabs(`${text.join("\n")}\n`, helpTabs);
}

function flagText(flag: Flag): string {
  const dashed = flag.name.length === 1 ? `-${flag.name}` : `--${flag.name}`;
  const names = [dashed, ...(flag.short ? [`-${flag.short}`] : [])].join(", ");
  const env = flag.env ? ` [$${flag.env}]` : "";
  return `${names}${valueText(flag)}\t${flag.usage}${env}`;
}

function valueText(flag: Flag): string {
  switch (flag.kind) {
    case "bool":
      return "";
    case "slice":
      return ` [--${flag.name} option --${flag.name} option]`;
    default:
      return flag.value === undefined || flag.value === "" ? " " : ` "${flag.value}"`;
  }
}
