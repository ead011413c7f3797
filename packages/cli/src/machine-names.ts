import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** What may be a machine's name: also a host name, a folder and a word that no shell reads anything into. */
export const machineName = /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/;

/** The store's folder: what was asked for, else $MACHINE_STORAGE_PATH, else ~/.docker/machine. */
export const storageFolder = (asked: string | undefined, env: Env): string =>
  asked || env.MACHINE_STORAGE_PATH || join(env.HOME || homedir(), ".docker", "machine");

/**
 * Names of all machines, naturally sorted, read from the store's folder alone: what prompts and completions can wait
 * for. Throws what the file system throws, except that no folder means no machines.
 */
export function machineNames(storage: string): string[] {
  const folder = join(storage, "machines");
  const names = listed(folder).filter(
    (name) =>
      machineName.test(name) &&
      (existsSync(join(folder, name, "record.json")) || existsSync(join(folder, name, "config.json"))),
  );
  return names.sort(naturally);
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}

/** Lower-cased, with numbers by value: node-2 before node-10. Intl's collator does it too, but takes 3 ms to load. */
export function naturally(left: string, right: string): number {
  const a = left.toLowerCase().match(/\d+|\D+/g) ?? [];
  const b = right.toLowerCase().match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i]!, b[i]!];
    const byValue = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    if (byValue !== 0) return byValue;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}
