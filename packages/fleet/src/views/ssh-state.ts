import { asMachinistError, type Hosts, type MachineState } from "@machinist/core";

/**
 * Whether a machine without a provider runs, asked by logging in: sshd counts connections without a login against those
 * who make them. Throws what keeps that from being known: another host's key, a host that hangs up on us.
 */
export async function sshState(hosts: Hosts, machine: string, signal: AbortSignal): Promise<MachineState> {
  try {
    await (await hosts.connect(machine, { signal, waitMs: 0 })).close();
    return "running";
  } catch (thrown) {
    const error = asMachinistError(thrown);
    if (signal.aborted) throw error;
    if (error.code === "machine.no-address") return "missing";
    if (error.code === "ssh.unreachable") return "stopped";
    // Its key was the right one before anything was said of ours.
    if (error.code === "ssh.auth") return "running";
    throw error;
  }
}
