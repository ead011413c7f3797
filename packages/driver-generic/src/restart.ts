import { asMachinistError, type DriverContext, type Host, MachinistError, systemClock } from "@machinist/core";
import { type Login, openHosts } from "./login.ts";

/** What a system that was started again says otherwise: a container of a kernel that went on has a younger first process. */
const bootMark = "cat /proc/sys/kernel/random/boot_id && cut -d ' ' -f 22 /proc/1/stat";
/** By whichever of the two a system has. It may end the connection before it answers. */
const reboot = "if command -v shutdown >/dev/null; then shutdown -r now; else reboot; fi";

const pollMs = 1000;
const waitMs = 240_000;

/** Start a host's system again as docker-machine does, and wait until it lets us in again. Throws what logging in throws. */
export async function restart(context: Pick<DriverContext, "machineDir" | "env">, login: Login): Promise<void> {
  const { machine, signal } = login;
  const before = await session(context, login, async (host) => {
    const mark = await markOf(host, signal);
    const { code, stderr } = await host.run(["sh", "-c", reboot], { sudo: true, signal }).catch(lost);
    if (code !== 0)
      throw new MachinistError("generic.restart", `${machine} does not restart: ${stderr.trim().slice(0, 300)}`, {
        hint: `Its user needs root's rights, or sudo without a password: machinist ssh ${machine}`,
      });
    return mark;
  });
  const deadline = systemClock.now() + waitMs;
  for (;;) {
    await systemClock.sleep(pollMs, signal);
    const now = await session(context, login, (host) => markOf(host, signal)).catch((thrown: unknown) => {
      signal.throwIfAborted();
      return asMachinistError(thrown);
    });
    if (typeof now === "string" && now !== before) return;
    if (systemClock.now() > deadline)
      throw new MachinistError("generic.restart", `${machine} is not back after ${waitMs / 1000} s`, {
        hint: "Look at its console",
        ...(typeof now === "string" ? {} : { cause: now }),
      });
  }
}

async function markOf(host: Host, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.run(["sh", "-c", bootMark], { signal, timeoutMs: 10_000 });
  return stdout;
}

/** The connection went with the system: that is what was asked for. */
function lost(thrown: unknown): { readonly code: number; readonly stderr: string } {
  const error = asMachinistError(thrown);
  if (error.code === "ssh.lost") return { code: 0, stderr: "" };
  throw error;
}

async function session<T>(
  context: Pick<DriverContext, "machineDir" | "env">,
  login: Login,
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const hosts = await openHosts(context, login);
  try {
    return await work(await hosts.connect(login.machine, { signal: login.signal, waitMs: 0 }));
  } finally {
    await hosts.closeAll();
  }
}
