import { fleetScope } from "@machinist/core";
import type { Check } from "../api.ts";
import { hasEnded } from "../lease.ts";
import type { Workspace } from "../workspace.ts";

/** Hooks that would not run here, and what a run that was interrupted has not told them. */
export async function checkHooks(workspace: Workspace): Promise<Check[]> {
  const fleets = await workspace.fleetNames().catch(() => []);
  const records = await Promise.all(
    fleets.map((fleet) => workspace.store.load(fleetScope(fleet)).catch(() => undefined)),
  );
  const { faultOf, pendingIn } = await import("@machinist/hooks");
  const hooks = records.flatMap((record) =>
    (record?.hooks ?? []).map((hook) => ({ hook, fleet: record?.fleet ?? "" })),
  );
  const faults = await Promise.all(
    hooks.map(async ({ hook, fleet }): Promise<Check[]> => {
      const fault = await faultOf(hook, workspace.env);
      const name = `hook ${hook.name}`;
      if (fault === undefined) return [];
      return [{ name, status: "warning", message: `${fleet}: ${fault}`, hint: `Mend it, then run: machinist up` }];
    }),
  );
  const pending = await pendingIn(workspace.store.path);
  const untold = pending.length === 0 ? [] : [untoldCheck(pending.map(({ occurrence }) => occurrence.fleet))];
  const found = [...faults.flat(), ...untold];
  if (found.length > 0 || hooks.length === 0) return found;
  return [{ name: "hooks", status: "ok", message: `${hooks.length} can run` }];
}

const untoldCheck = (fleets: readonly string[]): Check => ({
  name: "hooks",
  status: "warning",
  message: `${fleets.length} events of ${[...new Set(fleets)].join(", ")} are yet to be told: a run is under way, or was interrupted`,
  hint: "The next up of the fleet tells them: machinist up",
});

/** Machines that nobody wants any more. */
export async function checkLeases(workspace: Workspace): Promise<Check[]> {
  const records = await workspace.readable().catch(() => []);
  if (!records.some(({ machine }) => typeof machine?.lease?.until === "number")) return [];
  const now = await workspace.store.now().catch(() => undefined);
  // A store that cannot be written to is told of by its own check.
  if (now === undefined) return [];
  return records.flatMap(({ scope, machine }): Check[] => {
    const until = machine?.lease?.until;
    if (!hasEnded(machine?.lease, now) || typeof until !== "number") return [];
    const message = `Its lease ended at ${new Date(until).toISOString()}`;
    const hint = `Remove it: machinist reap; or keep it: machinist lease ${scope} none`;
    return [{ name: `machine ${scope}`, status: "warning", message, hint }];
  });
}
