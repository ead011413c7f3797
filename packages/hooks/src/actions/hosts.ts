import { isIP } from "node:net";
import { type HookAction, MachinistError } from "@machinist/core";
import { hostsLine } from "@machinist/values";
import type { HookMachine } from "../payload.ts";
import type { ActionWorld } from "../world.ts";
import { rewrite, withBlock } from "./block.ts";

type HostsAction = Extract<HookAction, { type: "hosts" }>;

const standardFile = "/etc/hosts";
/** Addresses that mean another computer wherever they are read. */
const loopback = /^(127\.|::1$|localhost$)/;

/** Bring the fleet's block in the hosts files that were asked for up to date. Done twice, nothing changes. */
export async function writeHosts(action: HostsAction, fleet: string, world: ActionWorld): Promise<void> {
  const machines = await world.machines(fleet);
  const { file = standardFile, on } = action;
  const remote = machines.filter(({ name }) => on.includes("machines") || on.includes(name));
  const failures: string[] = [];
  const told = (where: string) => (thrown: unknown) => {
    failures.push(`${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  };
  if (on.includes("local"))
    await rewrite(file, (text) => withBlock(text, fleet, lines(machines, "address"))).catch(told("here"));
  const inside = lines(machines, "privateAddress");
  await Promise.all(remote.map(({ name }) => writeThere(name, file, fleet, inside, world).catch(told(name))));
  if (failures.length === 0) return;
  throw new MachinistError("hook.hosts", `The hosts file was not written everywhere: ${failures.join("; ")}`, {
    hint: "Start machines that are away, and run machinist as a user who may write the file, or name others in hosts.on",
  });
}

/** A hosts file takes addresses only; a machine known by a name needs no entry. */
const lines = (machines: readonly HookMachine[], key: "address" | "privateAddress"): string[] =>
  machines.flatMap(({ name, [key]: address }) =>
    address === undefined || (key === "privateAddress" && loopback.test(address)) || isIP(address) === 0
      ? []
      : [hostsLine(address, name)],
  );

async function writeThere(
  machine: string,
  file: string,
  fleet: string,
  block: readonly string[],
  { hosts, signal }: ActionWorld,
): Promise<void> {
  const host = await hosts.connect(machine, { signal });
  try {
    const { code, stdout, stderr } = await host.run(["cat", file], { signal });
    if (code !== 0) throw new MachinistError("hook.write", `${file} cannot be read there: ${stderr.trim()}`);
    const next = withBlock(stdout, fleet, block);
    if (next !== stdout) await host.write(file, next, { sudo: true, mode: 0o644, signal });
  } finally {
    await host.close();
  }
}
