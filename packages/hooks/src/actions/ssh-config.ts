import { mkdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type HookAction, MachinistError, writeAtomic } from "@machinist/core";
import { hostAddress, port, sshConfigValue, userName } from "@machinist/values";
import type { HookMachine, HookNotification } from "../payload.ts";
import type { ActionWorld } from "../world.ts";

type SshConfigAction = Extract<HookAction, { type: "ssh-config" }>;

/** Write the file that a line `Include` of the user's own ssh configuration names. Nothing of theirs is changed. */
export async function writeSshConfig(
  action: SshConfigAction,
  { fleet }: HookNotification,
  world: ActionWorld,
): Promise<void> {
  const path = action.file ?? join(world.env.HOME || homedir(), ".ssh", "machinist", fleet);
  const machines = (await world.machines(fleet)).filter(({ address }) => address !== undefined);
  try {
    if (machines.length === 0) return await rm(path, { force: true });
    const text = [`# Written by machinist for fleet ${fleet}`, ...machines.flatMap(entryOf)].join("\n");
    if ((await readFile(path, "utf8").catch(() => undefined)) === `${text}\n`) return;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeAtomic(path, `${text}\n`, 0o600);
  } catch (cause) {
    throw new MachinistError("hook.write", `${path} could not be written`, {
      cause,
      hint: "Check who owns the folder, or give the hook another file",
    });
  }
}

const entryOf = ({ name, address, sshPort, sshUser, sshKey, folder }: HookMachine): string[] => [
  "",
  `Host ${name}`,
  `  HostName ${hostAddress(address, `The address of ${name}`)}`,
  ...(sshPort === undefined ? [] : [`  Port ${port(sshPort, `The SSH port of ${name}`)}`]),
  ...(sshUser === undefined ? [] : [`  User ${userName(sshUser, `The SSH user of ${name}`)}`]),
  ...(sshKey === undefined ? [] : [`  IdentityFile ${sshConfigValue(sshKey)}`, "  IdentitiesOnly yes"]),
  `  UserKnownHostsFile ${sshConfigValue(join(folder, "known_hosts"))}`,
];
