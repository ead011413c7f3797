import { takesValue } from "./globals.ts";
import type { Io } from "./io.ts";

/** Flags that say how the dashboard is to be, and do not ask for something else. */
const fitting = new Set(["-s", "--storage-path", "--no-color", "-D", "--debug", "--concurrency"]);

/** Whether `machinist` without a command, typed with these words, means to look: at a terminal that can show it. */
export function wantsDashboard(words: readonly string[], { stdin, stdout, env }: Io): boolean {
  if (!stdin.isTTY || !stdout.isTTY || env.TERM === "dumb") return false;
  return words.every((word, index) => fitting.has(word.split("=")[0]!) || takesValue(words[index - 1] ?? ""));
}
