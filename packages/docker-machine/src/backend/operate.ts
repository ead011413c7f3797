import { asMachinistError, type Event, type MachineState, type PowerAction, type Run } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import { opened } from "../backend/open.ts";
import { follow } from "../backend/progress.ts";
import { CliError, messageOf } from "../cli-error.ts";
import type { Call, Found, Opening } from "../command.ts";
import type { Host } from "../host/load.ts";
import { formSwarm } from "./swarm-mode.ts";

const states: { readonly [state in MachineState]: string } = {
  running: "Running",
  stopped: "Stopped",
  paused: "Paused",
  saved: "Saved",
  starting: "Starting",
  stopping: "Stopping",
  error: "Error",
  missing: "Error",
  unknown: "",
};

/** What a machine is doing, as its driver says, in docker-machine's words. */
export async function machineState(call: Opening, { name }: Host, signal: AbortSignal): Promise<Found> {
  const machinist = await opened(call);
  try {
    const state = await machinist.status(name, { signal });
    return { state: states[state], error: state === "missing" ? `machine ${name} does not exist at its provider` : "" };
  } catch (thrown) {
    // docker-machine starts a machine's plugin to load it at all.
    const unloadable = asMachinistError(thrown).code === "plugin.start";
    return { state: "Error", error: messageOf(thrown), ...(unloadable && { unloadable }) };
  }
}

/** The outcome of a run, its progress told on the way. Throws with the failures' sentences. */
export async function settled(call: Call, run: Run<Outcome>, onEvent?: (event: Event) => void): Promise<Outcome> {
  const [outcome] = await Promise.all([run.result, follow(call, run, onEvent)]);
  if (outcome.ok) return outcome;
  const told = outcome.failures.map(worded);
  throw new CliError(told.length > 0 ? told.join("\n") : "Interrupted");
}

/** What a driver can never do is said in docker-machine's words. */
function worded({ code, message, hint }: Outcome["failures"][number]): string {
  const [, driver, action] =
    (code === "power.unsupported" && /^Driver (\S+) cannot (\S+) machines$/.exec(message)) || [];
  if (driver !== undefined) return `${driver} driver does not support ${action}`;
  return hint === undefined ? message : `${message}. ${hint}`;
}

export async function power(call: Call, action: PowerAction, name: string): Promise<void> {
  const machinist = await opened(call);
  await settled(call, machinist.power(action, [name], { signal: call.io.signal }));
}

/** Docker set up again, and the Swarm that its flags asked for joined, where a create did not come so far. */
export async function provision(call: Call, { name, config }: Host): Promise<void> {
  const machinist = await opened(call);
  await settled(call, machinist.provision([name], { signal: call.io.signal }));
  if (config.DriverName !== "none") await formSwarm(call, machinist, name);
}

/** An engine of the user's own is given no certificates: only the pair that its client shows is recreated. */
export async function regenerateCerts(call: Call, { name, folder, config }: Host, client: boolean): Promise<void> {
  if (config.DriverName === "none") {
    const { withCertificates } = await import("./own-certificates.ts");
    return withCertificates({ ...call, folder }, config, { client });
  }
  const machinist = await opened(call);
  await settled(call, machinist.regenerateCerts([name], { signal: call.io.signal, client }));
}

/** `force`: what its provider could not remove is told of, and the machine forgotten. */
export async function remove(call: Call, name: string, force: boolean): Promise<void> {
  const machinist = await opened(call);
  const outcome = await settled(
    call,
    machinist.remove([name], { signal: call.io.signal, force, leaveUnreachable: true }),
  );
  if (outcome.failures.length > 0) throw new CliError(outcome.failures.map(({ message }) => message).join("\n"));
}
