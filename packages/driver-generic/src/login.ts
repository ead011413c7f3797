import { join } from "node:path";
import { asMachinistError, type DriverContext, type Endpoint, type Level, MachinistError } from "@machinist/core";

/** Who is logged in to, and what the machine of that name keeps in its folder. */
export interface Login {
  readonly machine: string;
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
}

type Context = Pick<DriverContext, "machineDir" | "env">;

/** Connections to that host alone; whoever opens them closes them. */
export async function openHosts({ machineDir, env }: Context, { machine, endpoint, log }: Login) {
  const { createHosts } = await import("@machinist/ssh");
  const folder = machineDir(machine);
  return createHosts({
    target: async () => ({ endpoint, identity: join(folder, "id_ed25519"), knownHosts: join(folder, "known_hosts") }),
    env,
    log: (_machine, message, level) => log(message, level),
  });
}

/**
 * Log in once, and leave. A look at the port alone would tell less, and sshd holds visits without a login against whoever
 * makes them. Throws `generic.unreachable` where nobody answers, `generic.turned-away` where
 * somebody hangs up, and what `@machinist/ssh` says of everything else. Nothing is waited for: the host is there already.
 */
export async function logIn(context: Context, login: Login): Promise<void> {
  const { machine, endpoint, signal } = login;
  const hosts = await openHosts(context, login);
  try {
    await hosts.connect(machine, { signal, waitMs: 0 });
  } catch (thrown) {
    const error = asMachinistError(thrown);
    if (error.code === "ssh.unreachable") throw unreachable(endpoint, error);
    throw error.code === "ssh.turned-away" ? turnedAway(error) : error;
  } finally {
    await hosts.closeAll();
  }
}

function turnedAway(cause: MachinistError): MachinistError {
  return new MachinistError("generic.turned-away", cause.message, {
    cause,
    hint:
      "If this is not its SSH server, give the right port with --generic-ssh-port (22 is usual). If it is, it blocks this " +
      "address for a while: wait a minute, or look at sshd's log there: journalctl -u ssh",
  });
}

function unreachable({ host, port }: Endpoint, cause: MachinistError): MachinistError {
  return new MachinistError("generic.unreachable", cause.message, {
    cause,
    hint:
      `Check --generic-ip-address and --generic-ssh-port (22 is usual), that the host is up, and its firewall; try ` +
      `\`ssh -p ${port} ${host}\`.`,
  });
}
