import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";
import { isExecutable } from "@machinist/programs";
import { shellWord } from "@machinist/values";
import type { RunControl, Wrapped } from "./api.ts";
import { packagesFolder } from "./driver-packages.ts";
import type { Workspace } from "./workspace.ts";

/**
 * The drivers that docker-machine 0.16.2 and its forks have inside, and machinist has not. The program serves each as a plugin
 * where two variables ask for it.
 */
const inside = [
  ...["azure", "exoscale", "google", "hyperv", "openstack", "rackspace", "softlayer"],
  ...["vmwarefusion", "vmwarevcloudair", "vmwarevsphere"],
];

/** Where the store has plugins of its own; they are found after those on PATH. */
export const pluginsFolder = (storePath: string): string => join(packagesFolder(storePath), "bin");

/** How long the program may take to say whether it has a driver, in ms. */
const askMs = 20_000;

/**
 * Make a plugin of each driver that is in an old docker-machine. Those that are plugins already are recreated. Throws
 * `driver.wrap` where that is no such program, or none of them is in it.
 */
export async function wrapDockerMachine(
  workspace: Workspace,
  path: string,
  { signal = new AbortController().signal }: RunControl,
): Promise<Wrapped> {
  if (process.platform === "win32")
    throw refusal("Wrappers are shell scripts, which Windows does not run", "Do it in WSL");
  const program = resolve(path);
  if (!isExecutable(program))
    throw refusal(`${program} is no program that can be run`, "Give the path of docker-machine");
  const { servesDriver } = await import("@machinist/driver-plugin");
  const asked = await Promise.all(
    inside.map(async (name) => {
      const within = AbortSignal.any([signal, AbortSignal.timeout(askMs)]);
      return (await servesDriver({ name, path: program, env: workspace.env }, within)) ? [name] : [];
    }),
  );
  signal.throwIfAborted();
  const drivers = asked.flat();
  if (drivers.length === 0)
    throw refusal(
      `${program} serves none of ${inside.join(", ")}`,
      "Give the path of docker-machine 0.16 itself, not of this command of that name",
    );
  const folder = pluginsFolder(workspace.store.path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of drivers) await writeAtomic(join(folder, fileOf(name)), wrapperOf(name, program), 0o700);
  return { program, drivers, folder };
}

/** Take such a plugin out again; false where there is none. */
export async function unwrap(workspace: Workspace, name: string): Promise<boolean> {
  const path = join(pluginsFolder(workspace.store.path), fileOf(name));
  if (!inside.includes(name) || !isExecutable(path)) return false;
  await rm(path);
  return true;
}

const fileOf = (driver: string): string => `docker-machine-driver-${driver}`;

/** It takes the program's place, so that what ends the plugin ends docker-machine. */
const wrapperOf = (driver: string, program: string): string =>
  `#!/bin/sh
# Made by machinist driver wrap-docker-machine: the driver ${driver} inside of docker-machine, as a plugin.
MACHINE_PLUGIN_DRIVER_NAME=${driver}
export MACHINE_PLUGIN_DRIVER_NAME
exec ${shellWord(program)}
`;

const refusal = (sentence: string, hint: string) => new MachinistError("driver.wrap", sentence, { hint });
