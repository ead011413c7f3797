import { MachinistError } from "@machinist/core";
import type { Prepared } from "./desired-state.ts";
import type { Operation } from "./operation.ts";
import { type PrecheckError, precheckAll } from "./precheck.ts";

/**
 * What keeps `up` from beginning: it fails with the first, and `plan` tells them all. Throws `machine.taken` where no plan
 * could be made either. Changes nothing.
 */
export async function problems(
  operation: Operation,
  fleet: string,
  machines: readonly Prepared[],
): Promise<PrecheckError[]> {
  for (const { spec } of machines) refuseForeign(operation, fleet, spec.name);
  const fresh = machines.filter(({ spec }) => !operation.record(spec.name));
  return precheckAll(fresh, fleet, operation.signal);
}

function refuseForeign(operation: Operation, fleet: string, name: string): void {
  const record = operation.record(name);
  if (!record || record.fleet === fleet) return;
  throw new MachinistError("machine.taken", `There is already a machine ${name}, of fleet ${record.fleet}`, {
    hint: `Rename the group, remove it (machinist rm ${name}), or keep the fleets in stores of their own (--storage-path)`,
  });
}
