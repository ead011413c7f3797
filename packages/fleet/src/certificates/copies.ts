import type { Emit } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { eachMachine } from "../operations/each-machine.ts";
import { recorded } from "../operations/up.ts";
import { join, outcomeOf } from "../outcome.ts";
import type { Workspace } from "../workspace.ts";
import { fleetContexts } from "./fleet-contexts.ts";

/**
 * Bring the copies of certificates on this side into line, in machines' folders and docker contexts. No machine is asked:
 * those that are down are served as well. `place` is told the folder of each machine.
 */
export async function copiesRound(
  workspace: Workspace,
  names: readonly string[],
  place: (folder: string) => Promise<void>,
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const startedAt = Date.now();
  const machines = await eachMachine(workspace, names, options, emit, async ({ operation, record, name }) => {
    const begun = Date.now();
    await place(workspace.store.folder(name));
    const wanted = recorded(record).filter(({ kind }) => kind === "docker.context");
    const kept = new Set(wanted.map(({ id }) => id));
    const untouched = new Set(Object.keys(record.resources).filter((id) => !kept.has(id)));
    return outcomeOf(await operation.converge([name], wanted, { untouched }), [name], { startedAt: begun });
  });
  if (machines.cancelled) return machines;
  const records = (await workspace.readable()).filter(({ scope }) => names.includes(scope));
  return join([machines, ...(await fleetContexts(workspace, records, options, emit))], startedAt);
}
