import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "@machinist/core";

/** What is known of a machine whose creation has begun: all there is of it when a run ends in the middle. */
export interface Begun {
  readonly owner: string;
  /** The plugin's configuration as it last was, without secrets. */
  readonly config: string;
  /** Whether the plugin has written something into it since its `Create` began: the id of what it makes, most likely. */
  readonly changed: boolean;
  /** Whether `Create` came to its end. */
  readonly done: boolean;
}

/** The folder that a plugin has for a machine; nothing else of the store is told to it. */
export const pluginFolder = (machineDir: string): string => join(machineDir, "plugin");

const path = (folder: string): string => join(folder, "begun.json");

export async function readBegun(folder: string, owner: string): Promise<Begun | undefined> {
  const text = await readFile(path(folder), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const begun = JSON.parse(text) as Begun;
  return begun.owner === owner ? begun : undefined;
}

export async function writeBegun(folder: string, begun: Begun): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAtomic(path(folder), JSON.stringify(begun));
}

/** With its keys, and all else that the plugin put there. */
export const forget = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
