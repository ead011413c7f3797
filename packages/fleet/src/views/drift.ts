import { planChanges, type ResourceChange, type ScopeRecord } from "@machinist/core";
import type { RunControl } from "../api.ts";
import { Operation } from "../operation.ts";
import { recorded } from "../operations/up.ts";
import type { Workspace } from "../workspace.ts";

/** Somebody looks: a machine that is down is said to be so, not waited for. */
const sshWaitMs = 5000;

/** Where a machine's resources are not what its record says. Reads the truth; writes nothing, here or there. */
export async function driftOf(
  workspace: Workspace,
  name: string,
  options: RunControl,
): Promise<readonly ResourceChange[]> {
  await workspace.record(name);
  const operation = new Operation(workspace, () => {}, options.signal ?? new AbortController().signal, sshWaitMs);
  try {
    const record = (await operation.load(name)) as ScopeRecord;
    const wanted = recorded(record);
    return await planChanges({
      wanted,
      // A copy: what is seen goes into it.
      records: [structuredClone(record)],
      resourceTypes: await operation.kinds([record], wanted),
      signal: operation.signal,
      concurrency: workspace.concurrency,
      outside: await workspace.states(record),
      onSeen: (id, state) => operation.see(id, state),
    });
  } finally {
    await operation.close();
  }
}
