import { readdir } from "node:fs/promises";
import { delimiter } from "node:path";
import type { DriverModule } from "@machinist/core";
import { findProgram, searchPath } from "@machinist/programs";
import { goDriver } from "./go/driver.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What the programs of docker-machine's drivers are called, before the driver's name. */
const prefix = "docker-machine-driver-";

/**
 * The driver of this name that is a program on PATH, started once to be asked for its options; undefined where there is
 * none. Throws `plugin.*` for one that does not work.
 */
export async function findPlugin(name: string, env: Env, signal: AbortSignal): Promise<DriverModule | undefined> {
  const path = findProgram(`${prefix}${name}`, env);
  return path === undefined ? undefined : goDriver({ name, path, env }, signal);
}

/** The names of the drivers that are programs on PATH, sorted. None of them is started. */
export async function pluginNames(env: Env): Promise<string[]> {
  const folders = searchPath(env).split(delimiter);
  const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  const names = files
    .flat()
    .filter((file) => file.startsWith(prefix))
    .map((file) => file.slice(prefix.length).replace(/\.exe$/, ""));
  return [...new Set(names)].filter((name) => findProgram(`${prefix}${name}`, env) !== undefined).sort();
}
