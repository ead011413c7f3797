import { CliError } from "../cli-error.ts";
import type { Call, Opening } from "../command.ts";
import type { Host } from "./load.ts";
import { isOnPath } from "./on-path.ts";

const ours = new Set(["none", "generic", "nspawn", "virtualbox", "amazonec2", "digitalocean", "qemu"]);

/** Whether a machine's driver can be found here, as far as that can be told without loading any. */
export async function driverKnown(call: Opening & Pick<Call, "deep">, name: string): Promise<boolean> {
  if (ours.has(name) || onPath(name, call.io.env)) return true;
  return (await call.deep()).driverFound(call, name);
}

/** Throws in docker-machine's words where the driver cannot be found. */
export async function checkDriver(call: Opening & Pick<Call, "deep">, { config }: Host, before = ""): Promise<void> {
  if (await driverKnown(call, config.DriverName)) return;
  throw new CliError(before + notFound(config.DriverName));
}

export const notFound = (name: string): string =>
  `Driver ${JSON.stringify(name)} not found. Do you have the plugin binary accessible in your PATH?`;

function onPath(name: string, env: Call["io"]["env"]): boolean {
  if (!/^[\w.-]+$/.test(name)) return false;
  return ["docker-machine-driver-", "machinist-driver-"].some((prefix) => isOnPath(prefix + name, env));
}
