import { readFile, writeFile } from "node:fs/promises";
import { type Call, MachinistError, type ResourceType } from "@machinist/core";
import { attempt, lastWords, run } from "@machinist/programs";
import type { Places } from "./paths.ts";
import { type Definition, define, findDefinition, forget } from "./registry.ts";
import { addRules, removeRules, rulesFor, rulesHold } from "./rules.ts";
import { gatewayOf } from "./subnet.ts";

/** `nat`: machines reach the world, masqueraded; the world does not reach them. */
export type NetworkProps = { nat: boolean };
/** `nat` is true while the bridge is up and all its rules are there. */
export type NetworkState = { owner: string; bridge: string; subnet: string; nat: boolean };

/** The bridge that the machines of a fleet share. */
export function networkKind(places: Places): ResourceType<NetworkProps, NetworkState> {
  const ensure = async ({ owner, signal }: Call<NetworkProps>): Promise<NetworkState> => {
    const definition = await define(places.networks, owner, () => rangesInUse(signal), signal);
    await bringUp(definition, signal);
    return { ...definition, nat: true };
  };
  return {
    async read({ owner, signal }) {
      const definition = await findDefinition(places.networks, owner);
      return definition && { ...definition, nat: await isUp(definition, signal) };
    },
    create: ensure,
    update: ensure,
    async delete({ owner, state }) {
      await removeRules(owner);
      await takeDown(state);
      await forget(places.networks, owner);
    },
    // After the computer was restarted the bridge is gone, but not the network: it is only down.
    drift: (state, props) => (state.nat === props.nat ? [] : ["nat"]),
    consistencyWindowMs: 0,
  };
}

/** Make the bridge and its rules be there. Safe to call again, and at once from several processes. */
export async function bringUp(network: Definition, signal: AbortSignal): Promise<void> {
  if (await isUp(network, signal)) return;
  const { owner, bridge, subnet } = network;
  if (!(await linkIsOurs(network))) {
    const added = await attempt(["ip", "link", "add", "name", bridge, "type", "bridge"], { signal });
    // Another process may have been quicker.
    if (added.code !== 0 && !(await linkIsOurs(network)))
      throw new MachinistError("nspawn.bridge", `The bridge ${bridge} cannot be made: ${lastWords(added.stderr, 1)}`, {
        hint: "Check that this user may change networks (root), and that the kernel has bridges: modprobe bridge",
      });
  }
  await run(["ip", "link", "set", "dev", bridge, "alias", owner], { signal });
  await run(["ip", "address", "replace", `${gatewayOf(subnet)}/24`, "dev", bridge], { signal });
  await run(["ip", "link", "set", "dev", bridge, "up"], { signal });
  await askNeighboursOften(bridge);
  await allowForwarding();
  await addRules(rulesFor(owner, bridge, subnet), signal);
}

/** Remove the bridge, if it is ours. Safe to call at once from several processes. */
async function takeDown(network: Definition): Promise<void> {
  if (!(await linkIsOurs(network))) return;
  const removed = await attempt(["ip", "link", "delete", network.bridge]);
  if (removed.code !== 0 && (await linkIsOurs(network)))
    throw new MachinistError(
      "nspawn.bridge",
      `The bridge ${network.bridge} cannot be removed: ${lastWords(removed.stderr, 1)}`,
    );
}

async function isUp(network: Definition, signal: AbortSignal): Promise<boolean> {
  const shown = await attempt(["ip", "-4", "-o", "address", "show", "dev", network.bridge, "up"], { signal });
  if (shown.code !== 0 || !shown.stdout.includes(` ${gatewayOf(network.subnet)}/24 `)) return false;
  return rulesHold(rulesFor(network.owner, network.bridge, network.subnet), signal);
}

/** The name holds 48 bits of a hash of the owner; the alias, where it is set, must agree. */
async function linkIsOurs({ bridge, owner }: Definition): Promise<boolean> {
  const alias = await readFile(`/sys/class/net/${bridge}/ifalias`, "utf8").catch(() => undefined);
  return alias !== undefined && (alias.trim() === owner || alias.trim() === "");
}

/**
 * Who connects to a machine that still boots asks for its hardware address in vain, and the kernel would ask again only
 * after a second: the connection would wait for that second, not for the machine.
 */
async function askNeighboursOften(bridge: string): Promise<void> {
  await writeFile(`/proc/sys/net/ipv4/neigh/${bridge}/retrans_time_ms`, "40\n");
}

async function allowForwarding(): Promise<void> {
  const path = "/proc/sys/net/ipv4/ip_forward";
  if ((await readFile(path, "utf8")).trim() !== "1") await writeFile(path, "1\n");
}

/** Every range that an interface or a route of this computer has. */
async function rangesInUse(signal: AbortSignal): Promise<string[]> {
  const [routes, addresses] = await Promise.all([
    run(["ip", "-4", "route", "show", "table", "all"], { signal }),
    run(["ip", "-4", "-o", "address", "show"], { signal }),
  ]);
  return rangesIn(`${routes}\n${addresses}`);
}

/** The ranges and addresses in what `ip` prints, `default` left out. */
export const rangesIn = (text: string): string[] => text.match(/\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?/g) ?? [];
