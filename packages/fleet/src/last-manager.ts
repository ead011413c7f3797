import { fleetScope, MachinistError, type ScopeRecord } from "@machinist/core";
import type { Workspace } from "./workspace.ts";

/**
 * A Swarm whose managers are all gone takes no word any more: its workers run on, and nobody can change or even see what.
 * Throws `swarm.last-manager` where removing `names` would come to that. From the records alone.
 */
export async function refuseLastManager(workspace: Workspace, names: readonly string[]): Promise<void> {
  const records = await workspace.readable();
  const leaving = records.filter(({ scope }) => names.includes(scope));
  for (const fleet of new Set(leaving.map((record) => record.fleet))) {
    const shared = await workspace.store.load(fleetScope(fleet)).catch(() => undefined);
    const managers = managersIn(shared);
    const staying = records.filter(
      (record) => record.fleet === fleet && !names.includes(record.scope) && isMember(record),
    );
    const last = leaving.filter(({ scope }) => managers.includes(scope)).map(({ scope }) => scope);
    if (last.length === 0 || staying.length === 0 || staying.some(({ scope }) => managers.includes(scope))) continue;
    throw new MachinistError(
      "swarm.last-manager",
      `Without ${last.join(", ")} the Swarm of ${staying.map(({ scope }) => scope).join(", ")} would have no manager`,
      {
        hint: `Remove the whole fleet (machinist down ${fleet}), or declare another manager first; to do it all the same: rm -f`,
      },
    );
  }
}

function managersIn(shared: ScopeRecord | undefined): readonly unknown[] {
  const cluster = Object.values(shared?.resources ?? {}).find(({ kind }) => kind === "swarm.cluster");
  const managers = cluster?.props.managers;
  return Array.isArray(managers) ? managers : [];
}

const isMember = ({ resources }: ScopeRecord): boolean =>
  Object.values(resources).some(({ kind }) => kind === "swarm.member");
