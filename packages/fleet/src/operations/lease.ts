import type { Emit, Lease } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import type { Workspace } from "../workspace.ts";
import { eachMachine } from "./each-machine.ts";

/** Give machines a lease from now on, or take it off. */
export function lease(
  workspace: Workspace,
  names: readonly string[],
  leaseMs: number | undefined,
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  return eachMachine(workspace, names, options, emit, async ({ operation, record, name }) => {
    const until = leaseMs === undefined ? null : (await workspace.store.now()) + leaseMs;
    const askedMs = record.machine.lease?.askedMs;
    const next: Lease = { until, ...(askedMs === undefined ? {} : { askedMs }) };
    await operation.hold({ ...record, machine: { ...record.machine, lease: next } });
    const words = until === null ? "no lease" : `leased until ${new Date(until).toISOString()}`;
    emit({ type: "log", id: name, level: "info", message: words });
    await workspace.run?.audit.write({ type: "reason", machine: name, reason: words });
    return { ok: true, cancelled: false, changed: 1, machines: [{ name, result: "done", ms: 0 }], failures: [], ms: 0 };
  });
}
