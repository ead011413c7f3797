import { existsSync } from "node:fs";
import { CliError, messageOf } from "../cli-error.ts";
import type { Call } from "../command.ts";
import { checkDriver } from "./driver-known.ts";
import { type Host, loadHost, machinesFolder } from "./load.ts";

/** The machine of each place that names one, with its driver here. Throws in docker-machine's words. */
export async function hostsOf(call: Call, machines: readonly (string | undefined)[]): Promise<Host[]> {
  const hosts = machines.filter((machine) => machine !== undefined).map((machine) => known(call.storePath, machine));
  for (const host of hosts) await checkDriver(call, host);
  return hosts;
}

function known(storePath: string, machine: string): Host {
  try {
    // To the letter: no name is taken for the folder of all machines, which is there.
    if (machine === "" && existsSync(machinesFolder(storePath)))
      throw new CliError(`open ${machinesFolder(storePath)}/config.json: no such file or directory`);
    return loadHost(storePath, machine);
  } catch (thrown) {
    throw new CliError(`Error loading host: Error loading host: ${messageOf(thrown)}`);
  }
}
