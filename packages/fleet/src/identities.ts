import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Driver, fleetScope, isFleetScope } from "@machinist/core";
import type { Prepared } from "./intended.ts";
import type { Workspace } from "./workspace.ts";

/** The scope whose folder holds the SSH key of a machine: its own, or its fleet's where its driver wants one for all. */
export const keyScope = (driver: Driver, machine: string, fleet: string): string =>
  driver.sshKey === "fleet" ? fleetScope(fleet) : machine;

/** Whether a driver of some machines wants a key for the whole fleet. */
export const shareKey = (machines: readonly Prepared[]): boolean =>
  machines.some(({ driver }) => driver.sshKey === "fleet");

/**
 * Each machine's public key; the pair is made here where there is none. Where a fleet has one its scope must be held:
 * its folder goes with its last machine.
 */
export async function identities(
  workspace: Workspace,
  machines: readonly Prepared[],
  fleet: string,
): Promise<Map<string, string>> {
  const { writeIdentity } = await import("@machinist/ssh");
  return keysOf(machines, fleet, async (scope) => {
    const folder = workspace.store.folder(scope);
    return (
      (await publicKeyIn(folder)) ??
      (await writeIdentity(folder, `machinist:${isFleetScope(scope) ? fleet : scope}`)).publicKey
    );
  });
}

/** The public keys that are there already; makes nothing. */
export const knownIdentities = (
  workspace: Workspace,
  machines: readonly Prepared[],
  fleet: string,
): Promise<Map<string, string>> => keysOf(machines, fleet, (scope) => publicKeyIn(workspace.store.folder(scope)));

async function keysOf(
  machines: readonly Prepared[],
  fleet: string,
  keyIn: (scope: string) => Promise<string | undefined>,
): Promise<Map<string, string>> {
  const scopes = new Map(machines.map(({ spec, driver }) => [spec.name, keyScope(driver, spec.name, fleet)]));
  const asked = [...new Set(scopes.values())].map(async (scope) => [scope, await keyIn(scope)] as const);
  const keys = new Map(await Promise.all(asked));
  return new Map([...scopes].flatMap(([name, scope]) => [[name, keys.get(scope)] as const].filter(has)));
}

const has = (entry: readonly [string, string | undefined]): entry is readonly [string, string] =>
  entry[1] !== undefined;

/** The public key of the pair in a scope's folder, if there is one. */
export async function publicKeyIn(folder: string): Promise<string | undefined> {
  const line = await readFile(join(folder, "id_ed25519.pub"), "utf8").catch(() => undefined);
  return line?.trim() || undefined;
}
