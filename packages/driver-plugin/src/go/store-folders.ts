import { mkdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DriverContext } from "@machinist/core";

type Context = Pick<DriverContext, "machineDir">;

/** What a plugin knows as `StorePath`: the whole store. Its own files are in `machines/NAME` there, as docker-machine has it. */
export const storePathOf = ({ machineDir }: Context, machine: string): string => dirname(dirname(machineDir(machine)));

/** What is there before a plugin is asked anything. Whoever keeps images makes only the last folder of their path. */
export async function prepareStore(storePath: string): Promise<void> {
  for (const name of ["certs", "cache"]) await mkdir(join(storePath, name), { recursive: true, mode: 0o700 });
}

/** A machine's own folder, before its creation. One half of a key, left by a kill, would be taken for a key. */
export async function prepareMachine({ machineDir }: Context, machine: string): Promise<void> {
  const folder = machineDir(machine);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pair = ["id_rsa", "id_rsa.pub"].map((file) => join(folder, file));
  const sizes = await Promise.all(pair.map((path) => stat(path).then(({ size }) => size, absent)));
  if (sizes.some((size) => size === 0)) await Promise.all(pair.map((path) => rm(path, { force: true })));
}

function absent(cause: NodeJS.ErrnoException): number {
  if (cause.code === "ENOENT") return 0;
  throw cause;
}

/** The configuration that docker-machine lays over a driver's own before anything else: as its Go writes an empty one. */
export const emptyDriver = (storePath: string, machine: string): string =>
  JSON.stringify({
    ...{ IPAddress: "", MachineName: machine, SSHUser: "", SSHPort: 0, SSHKeyPath: "", StorePath: storePath },
    ...{ SwarmMaster: false, SwarmHost: "", SwarmDiscovery: "" },
  });
