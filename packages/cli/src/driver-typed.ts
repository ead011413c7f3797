import type { DriverModule } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { storagePathTyped } from "./globals.ts";
import type { Io } from "./io.ts";
import type { Services } from "./services.ts";

/** The driver named on a command line that cannot be parsed yet, since its flags are the driver's. */
export function driverTyped(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === "--") return undefined;
    if (word === "-d" || word === "--driver") return words[index + 1];
    if (word.startsWith("--driver=")) return word.slice("--driver=".length);
    if (/^-d./.test(word)) return word.slice(2);
  }
  return undefined;
}

/** Where a command line's store is, known before it is parsed and after. */
export interface StoreTyped {
  readonly io: Io;
  readonly services: Services;
  /** All words after the command's name, or before it. */
  readonly words: readonly string[];
}

/** Look something up in the store. It is closed again: the command proper opens its own, with the secrets it was given. */
export async function inStore<T>(
  { services, io, words }: StoreTyped,
  work: (machinist: Machinist) => Promise<T>,
): Promise<T> {
  const storagePath = storagePathTyped(words);
  await using machinist = await services.open({ env: io.env, ...(storagePath === undefined ? {} : { storagePath }) });
  return await work(machinist);
}

/** A driver that a command line names, by what is installed here and in its store. */
export const lookUpDriver = (typed: StoreTyped, name: string): Promise<DriverModule> =>
  inStore(typed, (machinist) => machinist.driver(name));
