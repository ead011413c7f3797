import { readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { isConfigError, type MachineConfig, readConfig } from "@machinist/machine-config";
import { CliError, isComplaint } from "../cli-error.ts";

/** A machine as its config.json has it. */
export interface Host {
  readonly name: string;
  readonly config: MachineConfig;
  /** The machine's own folder. */
  readonly folder: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The store: what the command line says, its variable, or docker-machine's own place. */
export function storePathOf(given: string, env: Env, cwd: string): string {
  if (given !== "") return isAbsolute(given) ? given : resolve(cwd, given);
  return join(env.HOME || env.USERPROFILE || cwd, ".docker", "machine");
}

export const machinesFolder = (storePath: string): string => join(storePath, "machines");

const notThere = (name: string) =>
  new CliError(
    `Docker machine ${JSON.stringify(name)} does not exist. Use "docker-machine ls" to list machines. Use "docker-machine create" to add a new one.`,
  );

/** A name that would leave the store's folder is nobody's. */
const canBeName = (name: string): boolean => name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);

/** The machine's path, or undefined where nothing is at it. */
export function pathOf(storePath: string, name: string): string | undefined {
  if (!canBeName(name)) return undefined;
  const path = join(machinesFolder(storePath), name);
  return statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : path;
}

/** A config.json takes some KiB. */
const MOST_BYTES = 4 * 2 ** 20;

/** Throws a {@link CliError} in docker-machine's words for what is not there or cannot be read. */
export function loadHost(storePath: string, name: string): Host {
  const folder = pathOf(storePath, name);
  if (folder === undefined) throw notThere(name);
  const file = join(folder, "config.json");
  let text: string;
  try {
    if (statSync(file).size > MOST_BYTES) throw new CliError(`open ${file}: file too large`);
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if (isComplaint(cause)) throw cause;
    throw new CliError(`open ${file}: ${systemWords(cause)}`);
  }
  try {
    return { name, folder, config: readConfig(text, name, storePath) };
  } catch (thrown) {
    if (!isConfigError(thrown)) throw thrown;
    throw new CliError(`Error getting migrated host: ${thrown.message}`);
  }
}

/** The names of all machines, in the order of their bytes. Folders that begin with a dot are nobody's. */
export function hostNames(storePath: string): string[] {
  try {
    const entries = readdirSync(machinesFolder(storePath), { withFileTypes: true });
    const named = entries.filter((entry) => !entry.name.startsWith(".") && entry.isDirectory());
    return named.map(({ name }) => name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new CliError(`open ${machinesFolder(storePath)}: ${systemWords(cause)}`);
  }
}

/** What the system says, in Go's words. */
export function systemWords(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const words: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    ENOTDIR: "not a directory",
    EACCES: "permission denied",
    EPERM: "operation not permitted",
    EISDIR: "is a directory",
    ELOOP: "too many levels of symbolic links",
    ENAMETOOLONG: "file name too long",
  };
  return words[code] ?? (code || "cannot be read");
}
