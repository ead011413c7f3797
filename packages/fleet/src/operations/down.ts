import { type Emit, fleetScope, MachinistError } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { hintOf } from "../hint-of.ts";
import { machinesOfFleet } from "../members.ts";
import { Operation } from "../operation.ts";
import { outcomeOf } from "../outcome.ts";
import { forgetEmpty } from "../settle-records.ts";
import type { Workspace } from "../workspace.ts";

/** Remove all machines of a fleet and what they share. Throws `fleet.unknown`. */
export async function down(workspace: Workspace, fleet: string, options: RunControl, emit: Emit): Promise<Outcome> {
  const startedAt = Date.now();
  const scope = fleetScope(fleet);
  const operation = new Operation(workspace, emit, options.signal ?? new AbortController().signal);
  try {
    await operation.lock([scope]);
    // One that cannot be read may be of this fleet, and stand on what would be removed.
    await workspace.refuseUnreadable();
    const machines = await machinesOfFleet(workspace, fleet);
    await operation.lock(machines);
    const scopes = [scope, ...machines];
    const records = await Promise.all(scopes.map((each) => operation.load(each)));
    if (records.every((record) => record === undefined)) throw await unknownFleet(workspace, fleet);
    const outcomes = await operation.converge(scopes, []);
    const removed = await forgetEmpty(workspace, operation, scopes, new Set());
    return outcomeOf(outcomes, machines, { removed, startedAt });
  } finally {
    await operation.close();
  }
}

async function unknownFleet(workspace: Workspace, fleet: string): Promise<MachinistError> {
  return new MachinistError("fleet.unknown", `There is no fleet ${JSON.stringify(fleet)}`, {
    hint: hintOf(fleet, await workspace.fleetNames()) ?? "See which machines there are: machinist ls",
  });
}
