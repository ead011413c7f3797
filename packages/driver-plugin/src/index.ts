import { readdir } from "node:fs/promises";
import { delimiter } from "node:path";
import { type DriverModule, isMachinistError } from "@machinist/core";
import { findProgram, searchPath } from "@machinist/programs";
import { goDriver } from "./go/driver.ts";
import { type PluginProgram, startPlugin } from "./go/plugin-process.ts";
import { jsonDriver } from "./json/driver.ts";
import { surroundings } from "./json/surroundings.ts";

export { imageDriver } from "./image/driver.ts";
export { isImage, repositoryOf } from "./image/reference.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What a driver's program is called before the driver's name: one that speaks PROTOCOL.md, one of docker-machine's. */
const prefixes = { json: "machinist-driver-", go: "docker-machine-driver-" } as const;

/** Where the program on PATH is that speaks PROTOCOL.md for this driver. */
export const jsonProgram = (name: string, env: Env): string | undefined => findProgram(`${prefixes.json}${name}`, env);

/**
 * The driver of this name that is a program on PATH, started once to be asked for its options; undefined where there is
 * none. `agreed`: the variables of other programs that the user lets the program at this path have. Throws `plugin.*` for one
 * that does not work.
 */
export async function findPlugin(
  name: string,
  env: Env,
  signal: AbortSignal,
  agreed: (path: string) => Promise<readonly string[]> = async () => [],
): Promise<DriverModule | undefined> {
  const json = jsonProgram(name, env);
  if (json !== undefined)
    return jsonDriver(
      { name, env, launch: (all, _, allowed) => ({ argv: [json], env: surroundings(all, allowed) }) },
      {
        ...{ name, signal, folders: true, agreed: () => agreed(json) },
        agreeTo: (variable) => `machinist driver add ${name} --env ${variable}`,
      },
    );
  // A driver of ours may have the name of somebody's plugin: by the whole name of its program the plugin is always meant.
  const plugin = plainDriverName(name);
  const go = goPlugin(plugin, env);
  return go === undefined ? undefined : goDriver({ name: plugin, path: go, env }, signal, name);
}

/** Whether a program serves a driver as a plugin does. It is started for that, and ended. Throws `cancelled`. */
export async function servesDriver(program: PluginProgram, signal: AbortSignal): Promise<boolean> {
  try {
    const plugin = await startPlugin(program, { signal, log: () => {} });
    await plugin.end();
    return true;
  } catch (thrown) {
    if (isMachinistError(thrown) && thrown.code === "plugin.start") return false;
    throw thrown;
  }
}

/** The name that docker-machine knows a driver by: a plugin's, where it is called by the whole name of its program. */
export const plainDriverName = (name: string): string =>
  name.startsWith(prefixes.go) ? name.slice(prefixes.go.length) : name;

/** The same, the other way round. */
export const wholeDriverName = (name: string): string => `${prefixes.go}${plainDriverName(name)}`;

/** The plugin of docker-machine of this name on PATH. */
export const goPlugin = (name: string, env: Env): string | undefined => findProgram(`${prefixes.go}${name}`, env);

/** The names of the drivers that are programs on PATH, sorted. None of them is started. */
export async function pluginNames(env: Env): Promise<string[]> {
  const folders = searchPath(env).split(delimiter);
  const files = (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
  const names = Object.values(prefixes).flatMap((prefix) =>
    files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length).replace(/\.exe$/, "")),
  );
  const runs = (name: string) => Object.values(prefixes).some((prefix) => findProgram(`${prefix}${name}`, env));
  return [...new Set(names)].filter(runs).sort();
}
