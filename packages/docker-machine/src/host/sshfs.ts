import type { Call } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { loadHost } from "./load.ts";
import { isOnPath } from "./on-path.ts";

/** Mount a machine's folder here, or unmount it, by the sshfs and fusermount of this computer. */
export async function mountPoint(call: Call, unmount: boolean): Promise<number> {
  const [source = "", place] = call.args;
  const needed = unmount ? "fusermount" : "sshfs";
  if (!isOnPath(needed, call.io.env))
    throw new Complaint(
      `You must have a copy of the ${needed} binary locally to use the ${unmount ? "unmount option" : "mount feature"}`,
    );
  const at = source.indexOf(":");
  if (at < 1) throw new Complaint("Error: the first argument must be machine:path");
  const path = source.slice(at + 1);
  const target = place ?? path;
  if (unmount) return ended(call.io.lend("fusermount", ["-u", target]));
  const host = loadHost(call.storePath, source.slice(0, at));
  const { sshArguments } = await call.deep();
  const { options, destination } = await sshArguments(call, host);
  return ended(call.io.lend("sshfs", [...options, `${destination}:${path}`, target]));
}

async function ended(running: Promise<number>): Promise<number> {
  const code = await running;
  if (code !== 0) throw new Complaint(`exit status ${code}`);
  return 0;
}
