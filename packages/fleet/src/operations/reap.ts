import type { Emit, ScopeRecord } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { hasEnded } from "../lease.ts";
import type { Workspace } from "../workspace.ts";
import { remove } from "./remove.ts";

/** Remove machines whose leases have ended. One whose lease was renewed meanwhile stays. */
export async function reap(
  workspace: Workspace,
  names: readonly string[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  // Of the clock by which the lease was given: this computer's may be days ahead.
  const now = await workspace.store.now();
  const stays = ({ scope, machine }: ScopeRecord): boolean => {
    const until = machine?.lease?.until;
    if (hasEnded(machine?.lease, now)) {
      const reason = `its lease ended at ${new Date(until ?? 0).toISOString()}`;
      emit({ type: "log", id: scope, level: "info", message: `removed: ${reason}` });
      workspace.run?.audit.write({ type: "reason", machine: scope, reason });
      return false;
    }
    emit({ type: "log", id: scope, level: "warn", message: "it is kept: its lease has not ended" });
    return true;
  };
  return remove(workspace, names, { ...options, unless: stays }, emit);
}
