import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Workspace } from "./workspace.ts";

/** Each machine's public key; the pair is made here where there is none. */
export async function identities(workspace: Workspace, machines: readonly string[]): Promise<Map<string, string>> {
  const known = await knownIdentities(workspace, machines);
  const missing = machines.filter((machine) => !known.has(machine));
  if (missing.length === 0) return known;
  const { writeIdentity } = await import("@machinist/ssh");
  await Promise.all(
    missing.map(async (machine) => {
      const { publicKey } = await writeIdentity(workspace.store.folder(machine), `machinist:${machine}`);
      known.set(machine, publicKey);
    }),
  );
  return known;
}

/** The public keys that are there already; makes nothing. */
export async function knownIdentities(workspace: Workspace, machines: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await Promise.all(
    machines.map(async (machine) => {
      const path = join(workspace.store.folder(machine), "id_ed25519.pub");
      const line = await readFile(path, "utf8").catch(() => undefined);
      if (line?.trim()) found.set(machine, line.trim());
    }),
  );
  return found;
}
