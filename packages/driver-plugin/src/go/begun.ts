import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "@machinist/core";
import type { StrayProcess } from "./stray.ts";

/** What is known of a machine whose creation or removal has begun: all there is of it when a run ends in the middle. */
export interface Begun {
  readonly owner: string;
  /** The plugin's configuration as it last was, without secrets. */
  readonly config: string;
  /** Whether the plugin has written something into it since its `Create` began: the id of what it makes, most likely. */
  readonly changed: boolean;
  /** Whether `Create` came to its end. */
  readonly done: boolean;
  /** The plugin's process, which may outlive ours for a while. */
  readonly process?: StrayProcess;
  /** How far its removal came: the plugin was told to, or has said that it did. */
  readonly removal?: "begun" | "done";
}

/** What we note of a plugin's machine. Its own files are beside this folder. */
export const notesFolder = (machineDir: string): string => join(machineDir, "plugin");

/**
 * What a plugin knows after it switched a machine, without secrets: an address, for example. It counts as long as the record has
 * the configuration that the plugin was given then.
 */
export async function noteLearned(folder: string, from: string, config: string): Promise<void> {
  if (config === from) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAtomic(join(folder, "learned.json"), JSON.stringify({ from, config }));
}

/** The configuration to give a plugin whose record has this one. */
export async function learned(folder: string, config: string): Promise<string> {
  const text = await readFile(join(folder, "learned.json"), "utf8").catch(absent);
  if (text === undefined) return config;
  const note = JSON.parse(text) as { readonly from: string; readonly config: string };
  return note.from === config ? note.config : config;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

const path = (folder: string): string => join(folder, "begun.json");

export async function readBegun(folder: string, owner: string): Promise<Begun | undefined> {
  const text = await readFile(path(folder), "utf8").catch(absent);
  if (text === undefined) return undefined;
  const begun = JSON.parse(text) as Begun;
  return begun.owner === owner ? begun : undefined;
}

export async function writeBegun(folder: string, begun: Begun): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAtomic(path(folder), JSON.stringify(begun));
}
