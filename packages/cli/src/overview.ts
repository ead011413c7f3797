import { cut } from "@machinist/terminal-text";
import type { CommandEntry } from "./command.ts";
import { globalFlags } from "./globals.ts";

/** The page that `machinist` and `machinist help` show. */
export function overview(commands: readonly CommandEntry[], columns?: number): string {
  const width = Math.max(...commands.map(({ name }) => name.length), ...globalFlags.map(({ flags }) => flags.length));
  const row = (left: string, right: string) => `  ${left.padEnd(width)}  ${right}`;
  const groups = ["Fleets", "Machines", "Connect", "About"] as const;
  const lines = [
    "Usage: machinist COMMAND [ARGUMENTS] [FLAGS]",
    "",
    "Create and manage secured Docker hosts and Swarms, on a laptop or in the cloud.",
    ...groups.flatMap((group) => [
      "",
      `${group}:`,
      ...commands.filter((entry) => entry.group === group).map(({ name, summary }) => row(name, summary)),
    ]),
    "",
    "Global options:",
    ...globalFlags.map(({ flags, description }) => row(flags, description)),
    "",
    "`machinist COMMAND --help` tells more about a command.",
  ];
  return `${lines.map((line) => (columns === undefined ? line : cut(line, columns))).join("\n")}\n`;
}
