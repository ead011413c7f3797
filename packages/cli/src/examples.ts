import type { Command } from "commander";

/** Command lines to start from, below what a command is for. */
export const addExamples = (command: Command, ...lines: readonly string[]): Command =>
  command.description(
    `${command.description()}\n\nExamples:\n${lines.map((line) => `  machinist ${line}`).join("\n")}`,
  );
