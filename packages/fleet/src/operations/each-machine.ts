import { asMachinistError, type Emit, type MachineIntent, RolloutLimiter, type ScopeRecord } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { Operation } from "../operation.ts";
import { failed, join } from "../outcome.ts";
import type { Workspace } from "../workspace.ts";

export interface MachineWork {
  readonly operation: Operation;
  readonly record: ScopeRecord & { readonly machine: MachineIntent };
  readonly name: string;
  /** Shared by all: where they serve together, they are interrupted one after the other. */
  readonly turns: RolloutLimiter;
}

/** Do the same to several machines at once, each under its own lock. One that fails does not stop the others. */
export async function eachMachine(
  workspace: Workspace,
  names: readonly string[],
  options: RunControl & { readonly sshWaitMs?: number },
  emit: Emit,
  work: (machine: MachineWork) => Promise<Outcome>,
): Promise<Outcome> {
  const startedAt = Date.now();
  const signal = options.signal ?? new AbortController().signal;
  const turns = new RolloutLimiter();
  const parts = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const operation = new Operation(workspace, emit, signal, options.sshWaitMs);
      try {
        const known = await workspace.record(name);
        await operation.lock([name]);
        const record = (await operation.load(name)) ?? known;
        return await work({ operation, name, turns, record: record as MachineWork["record"] });
      } catch (thrown) {
        const error = asMachinistError(thrown);
        const { code, message, hint } = error;
        if (code !== "cancelled")
          emit({ type: "failed", id: name, code, message, ...(hint === undefined ? {} : { hint }) });
        return failed(name, error, startedAt);
      } finally {
        await operation.close();
      }
    }),
  );
  return join(parts, startedAt);
}
