import { asMachinistError, type Emit, fleetScope, type ScopeRecord } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { Operation } from "../operation.ts";
import { recorded } from "../operations/up.ts";
import { failed, outcomeOf } from "../outcome.ts";
import type { Workspace } from "../workspace.ts";

/** The docker contexts of whole fleets hold copies, too. */
export function fleetContexts(
  workspace: Workspace,
  machines: readonly ScopeRecord[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome[]> {
  const fleets = [...new Set(machines.map(({ fleet }) => fleet))];
  return Promise.all(
    fleets.map(async (fleet) => {
      const startedAt = Date.now();
      const scope = fleetScope(fleet);
      const operation = new Operation(workspace, emit, options.signal ?? new AbortController().signal);
      try {
        const wanted = recorded(await workspace.store.load(scope)).filter(({ kind }) => kind === "docker.context");
        if (wanted.length === 0) return outcomeOf([], [], { startedAt });
        await operation.lock([scope]);
        const record = await operation.load(scope);
        const kept = new Set(wanted.map(({ id }) => id));
        const untouched = new Set(Object.keys(record?.resources ?? {}).filter((id) => !kept.has(id)));
        return outcomeOf(await operation.converge([scope], wanted, { untouched }), [], { startedAt });
      } catch (thrown) {
        return { ...failed(scope, asMachinistError(thrown), startedAt), machines: [] };
      } finally {
        await operation.close();
      }
    }),
  );
}
