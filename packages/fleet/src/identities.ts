import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Driver, fleetScope, isFleetScope } from "@machinist/core";
import type { MachineKey, Prepared } from "./desired-state.ts";
import type { Workspace } from "./workspace.ts";

export const keyFile = "id_ed25519";

/**
 * The scope whose folder holds the SSH key of a machine: its own, or its fleet's where its driver wants one for all. A machine
 * that came from another store keeps the key that came with it, as its own.
 */
export const keyScope = (workspace: Workspace, driver: Driver, machine: string, fleet: string): string =>
  driver.sshKey === "fleet" && !existsSync(join(workspace.store.folder(machine), keyFile))
    ? fleetScope(fleet)
    : machine;

/** The private key that a machine is reached with, unless its driver knows another. */
export const keyPathOf = (workspace: Workspace, driver: Driver, machine: string, fleet: string): string =>
  join(workspace.store.folder(keyScope(workspace, driver, machine, fleet)), keyFile);

/** Whether a driver of some machines wants a key for the whole fleet. */
export const shareKey = (machines: readonly Prepared[]): boolean =>
  machines.some(({ driver }) => driver.sshKey === "fleet");

/**
 * Each machine's key; the pair is made here where there is none. Where a fleet has one its scope must be held: its folder
 * goes with its last machine.
 */
export async function identities(
  workspace: Workspace,
  machines: readonly Prepared[],
  fleet: string,
): Promise<Map<string, MachineKey>> {
  const { writeIdentity } = await import("@machinist/ssh");
  return keysOf(workspace, machines, fleet, async (scope) => {
    const folder = workspace.store.folder(scope);
    return (
      (await publicKeyIn(folder)) ??
      (await writeIdentity(folder, `machinist:${isFleetScope(scope) ? fleet : scope}`)).publicKey
    );
  });
}

/** The keys that are there already; makes nothing. */
export const knownIdentities = (
  workspace: Workspace,
  machines: readonly Prepared[],
  fleet: string,
): Promise<Map<string, MachineKey>> =>
  keysOf(workspace, machines, fleet, (scope) => publicKeyIn(workspace.store.folder(scope)));

async function keysOf(
  workspace: Workspace,
  machines: readonly Prepared[],
  fleet: string,
  keyIn: (scope: string) => Promise<string | undefined>,
): Promise<Map<string, MachineKey>> {
  const scopes = new Map(
    machines.map(({ spec, driver }) => [spec.name, keyScope(workspace, driver, spec.name, fleet)]),
  );
  const asked = [...new Set(scopes.values())].map(async (scope) => {
    const [publicKey, keyMark] = await Promise.all([keyIn(scope), keyMarkOf(workspace, scope)]);
    return [scope, publicKey === undefined ? undefined : { publicKey, ...(keyMark ? { keyMark } : {}) }] as const;
  });
  const keys = new Map(await Promise.all(asked));
  return new Map([...scopes].flatMap(([name, scope]) => [[name, keys.get(scope)] as const].filter(has)));
}

/** Only of a fleet's own key there was another before. */
export const keyMarkOf = async (workspace: Workspace, scope: string): Promise<string | undefined> =>
  isFleetScope(scope) ? (await workspace.store.load(scope))?.keyMark : undefined;

const has = (entry: readonly [string, MachineKey | undefined]): entry is readonly [string, MachineKey] =>
  entry[1] !== undefined;

/** The public key of the pair in a scope's folder, if there is one. */
export async function publicKeyIn(folder: string): Promise<string | undefined> {
  const line = await readFile(join(folder, `${keyFile}.pub`), "utf8").catch(() => undefined);
  return line?.trim() || undefined;
}
