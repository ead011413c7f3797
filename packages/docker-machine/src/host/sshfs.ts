import { CliError } from "../cli-error.ts";
import type { Call } from "../command.ts";
import { sourceOf } from "../copy-path.ts";
import type { Host } from "./load.ts";
import { hostsOf } from "./of-copy-path.ts";
import { isOnPath } from "./on-path.ts";

/** Mount a machine's folder here, or unmount it, by the sshfs and fusermount of this computer. */
export async function mountPoint(call: Call, unmount: boolean): Promise<number> {
  const [source = "", place] = call.args;
  const needed = unmount ? "fusermount" : "sshfs";
  if (!isOnPath(needed, call.io.env))
    throw new CliError(
      `You must have a copy of the ${needed} binary locally to use the ${unmount ? "unmount option" : "mount feature"}`,
    );
  const { machine, user, path } = sourceOf(source);
  const [host] = (await hostsOf(call, [machine])) as [Host];
  const target = place ?? path;
  if (unmount) return ended(call.io.suspendTerminal("fusermount", ["-u", target]));
  const { sshArguments } = await call.deep();
  const { options, destination } = await sshArguments(call, host, user);
  return ended(call.io.suspendTerminal("sshfs", [...options, `${destination}:${path}`, target]));
}

async function ended(running: Promise<number>): Promise<number> {
  const code = await running;
  if (code !== 0) throw new CliError(`exit status ${code}`);
  return 0;
}
