import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { asMachinistError, type Endpoint } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { userKeysOf } from "@machinist/values";
import { opened } from "../backend/open.ts";
import { CliError } from "../cli-error.ts";
import type { Call, SshArguments } from "../command.ts";
import type { Host } from "../host/load.ts";
import { isOnPath } from "../host/on-path.ts";

/** Throws where the machine has no SSH. Its host key is pinned by then. `user`: in the place of the machine's own. */
export async function sshArguments(call: Call, { name, config }: Host, user?: string): Promise<SshArguments> {
  const machinist = await opened(call);
  const { endpoint, folder } = await endpointOf(machinist, name);
  const pinned = join(folder, "known_hosts");
  // Whoever made the machine elsewhere pinned nothing: the first connection does.
  if (!existsSync(pinned)) await machinist.host(name, { signal: call.io.signal });
  // Some drivers have one key for all machines of a fleet: the file says which.
  const key = endpoint.keyPath ?? (String(config.Driver.SSHKeyPath || "") || join(folder, "id_ed25519"));
  // A host of the user's for which no key was named: an agent's keys and the user's own are tried.
  const anyKey = endpoint.userKeys === true;
  const keys = anyKey ? [key, ...userKeysOf(call.io.env.HOME || homedir())].filter((path) => existsSync(path)) : [key];
  const settings = [
    ["BatchMode", "yes"],
    ["PasswordAuthentication", "no"],
    ...(anyKey ? [] : [["IdentitiesOnly", "yes"]]),
    ...keys.map((path) => ["IdentityFile", path]),
    ["UserKnownHostsFile", pinned],
    ["StrictHostKeyChecking", "yes"],
    ["ConnectTimeout", "10"],
    ["LogLevel", "ERROR"],
    ["Port", String(endpoint.port)],
    ...(endpoint.jump?.length ? [["ProxyJump", endpoint.jump.join(",")]] : []),
  ];
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return {
    options: ["-F", "none", ...settings.flatMap(([key, value]) => ["-o", `${key}=${value}`])],
    destination: `${user ?? endpoint.user}@${host}`,
  };
}

async function endpointOf(machinist: Machinist, name: string): Promise<{ endpoint: Endpoint; folder: string }> {
  const { endpoint, folder } = await machinist.info(name);
  if (endpoint === undefined)
    throw new CliError(`Error: Cannot run SSH command: Host ${JSON.stringify(name)} has no SSH`);
  return { endpoint, folder };
}

/** A shell or a command on a machine, by the ssh of this computer, which knows all of ssh's own flags. Its exit code. */
export async function ssh(call: Call, host: Host, words: readonly string[]): Promise<number> {
  // A shell needs what a terminal's program does, whichever way a command would go.
  const asked = call.globals.get("native-ssh") === true && words.length > 0;
  if (asked || !isOnPath("ssh", call.io.env)) return native(call, host, words);
  const { options, destination } = await sshArguments(call, host);
  // As docker-machine has it: the machine first, then whatever came, ssh's own flags too.
  return call.io.suspendTerminal("ssh", [...options, destination.replace(/[[\]]/g, ""), ...words]);
}

/** Without the program: machinist's own SSH. What a command fails with is said as docker-machine's own SSH says it. */
async function native(call: Call, { name }: Host, words: readonly string[]): Promise<number> {
  if (words.length === 0)
    throw new CliError('exec: "ssh": executable file not found in $PATH: a shell needs it, a command does not');
  const machinist = await opened(call);
  const { stdin } = call.io;
  let ended: number;
  try {
    const host = await machinist.host(name, { signal: call.io.signal });
    const { code } = await host.run(["sh", "-c", words.join(" ")], {
      signal: call.io.signal,
      timeoutMs: 2 ** 31 - 1,
      stdin: bytesOf(stdin),
      onOutput: (text, stream) => (stream === "stdout" ? call.io.out(text) : call.io.err(text)),
    });
    ended = code;
  } catch (thrown) {
    throw new CliError(asMachinistError(thrown).message);
  } finally {
    // More of it may come that nobody waits for, which would keep the program from ending.
    if ("destroy" in stdin) stdin.destroy();
  }
  if (ended !== 0) throw new CliError(`Process exited with status ${ended}`);
  return 0;
}

async function* bytesOf(stdin: Call["io"]["stdin"]): AsyncGenerator<Uint8Array> {
  for await (const piece of stdin) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}
