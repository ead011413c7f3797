import type { Command } from "commander";
import type { ProgressStyle } from "./render/choose.ts";
import { usage } from "./usage.ts";

/** What every command takes, before or after its name. */
export interface Globals {
  readonly storagePath?: string;
  readonly json: boolean;
  readonly color?: boolean;
  readonly debug: boolean;
  readonly quiet: boolean;
  readonly progress: ProgressStyle;
  readonly concurrency?: number;
}

interface GlobalFlag {
  readonly flags: string;
  readonly description: string;
  /** Takes a value. */
  readonly value: boolean;
}

export const globalFlags: readonly GlobalFlag[] = [
  {
    flags: "-s, --storage-path <folder>",
    description: "folder of the machine store [$MACHINE_STORAGE_PATH]",
    value: true,
  },
  { flags: "--json", description: "results as JSON, events as JSON lines", value: false },
  { flags: "--no-color", description: "disable colours [$NO_COLOR]", value: false },
  { flags: "-D, --debug", description: "verbose output, with stack traces [$MACHINE_DEBUG]", value: false },
  { flags: "--quiet", description: "print errors only", value: false },
  { flags: "--progress <style>", description: "auto, live, plain or none", value: true },
  { flags: "--concurrency <number>", description: "maximum number of resources in progress at once", value: true },
];

/** `-s` and `--storage-path` of `-s, --storage-path <folder>`. */
const spellings = ({ flags }: GlobalFlag): string[] => flags.match(/--?[\w-]+/g) ?? [];

const withValue = new Set(globalFlags.filter(({ value }) => value).flatMap(spellings));

/** Whether the word after this one is its value. */
export const takesValue = (word: string): boolean => withValue.has(word);

/** Adds the global flags to a command, in their own section of its help. A command's own flag of a name stays. */
export function addGlobalFlags(command: Command): void {
  command.optionsGroup("Global options:");
  const own = new Set(command.options.flatMap(({ short, long }) => [short, long]));
  for (const flag of globalFlags)
    if (!spellings(flag).some((spelling) => own.has(spelling))) command.option(flag.flags, flag.description);
}

/**
 * A command line in two: the command's name, and all other words in their order. The name is the first word that is
 * neither a flag nor a global flag's value.
 */
export function splitCommand(argv: readonly string[]): { name: string | undefined; rest: string[] } {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--") break;
    if (!word.startsWith("-") || word === "-")
      return { name: word, rest: [...argv.slice(0, index), ...argv.slice(index + 1)] };
    if (takesValue(word)) index++;
  }
  return { name: undefined, rest: [...argv] };
}

/** The store named on a command line that cannot be parsed yet. */
export function storagePathTyped(words: readonly string[]): string | undefined {
  const end = words.indexOf("--");
  for (const [index, word] of words.slice(0, end < 0 ? words.length : end).entries()) {
    if (word === "-s" || word === "--storage-path") return words[index + 1];
    if (word.startsWith("--storage-path=")) return word.slice("--storage-path=".length);
    if (/^-s./.test(word)) return word.slice(2);
  }
  return undefined;
}

const styles: readonly string[] = ["auto", "live", "plain", "none"] satisfies ProgressStyle[];
const isStyle = (text: string): text is ProgressStyle => styles.includes(text);

/** The global flags as commander found them, checked. */
export function readGlobals(
  options: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): Globals {
  const progress = options.progress ?? "auto";
  if (typeof progress !== "string" || !isStyle(progress))
    throw usage("value", `--progress must be one of ${styles.join(", ")}, not "${progress}"`);
  const { storagePath, concurrency } = options;
  if (storagePath === "") throw usage("value", "--storage-path must not be empty");
  return {
    json: options.json === true,
    ...(options.color === false && { color: false }),
    debug: options.debug === true || truthy(env.MACHINE_DEBUG),
    quiet: options.quiet === true,
    progress,
    ...(typeof storagePath === "string" && { storagePath }),
    ...(concurrency !== undefined && { concurrency: wholeNumber("--concurrency", concurrency, 1, 1000) }),
  };
}

const truthy = (text: string | undefined): boolean => /^(1|t|true|yes|on)$/i.test(text ?? "");

/** A flag's value as a whole number between two limits, else `usage.value`. */
export function wholeNumber(flag: string, value: unknown, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw usage("value", `${flag} must be a whole number from ${least} to ${most}, not "${String(value)}"`);
}
