import { type Emit, MachinistError, type ScopeRecord } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import type { Workspace } from "../workspace.ts";
import { create } from "./create.ts";

/**
 * Make a new machine as another was asked for: its driver, options and engine, not what is on its disk, and without its
 * lease. Throws what {@link create} throws, and `clone.own-host`.
 */
export async function clone(
  workspace: Workspace,
  { from, to }: { readonly from: string; readonly to: string },
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const record = await workspace.record(from);
  const { machine } = record;
  if (!machine || (await isOwnHost(workspace, record)))
    throw new MachinistError("clone.own-host", `${from} is a host of your own, which there is only once`, {
      hint: `Name the other host: machinist create -d ${machine?.driver ?? "generic"} ${to} …`,
    });
  const context = Object.values(record.resources).some(({ kind }) => kind === "docker.context");
  const { driver, options: asked, engine } = machine;
  return create(workspace, [{ name: to, driver, options: asked, engine, context }], options, emit);
}

/** Whether all that a machine stands on is only let go when it is removed. */
async function isOwnHost(workspace: Workspace, { machine, resources }: ScopeRecord): Promise<boolean> {
  if (!machine) return false;
  const { resourceTypes } = await workspace.drivers.driver(machine.driver);
  const own = Object.values(resources).flatMap(({ kind }) => resourceTypes[kind] ?? []);
  return own.length > 0 && own.every(({ retainOnDelete: external }) => external === true);
}
