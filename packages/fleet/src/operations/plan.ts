import {
  type FleetSpec,
  fleetScope,
  forcedReplacements,
  planChanges,
  type ScopeRecord,
  scopeOf,
} from "@machinist/core";
import type { Plan, RunControl } from "../api.ts";
import { checkDistinct } from "../distinct.ts";
import { knownIdentities } from "../identities.ts";
import { fleetResources, prepare } from "../intended.ts";
import { Operation } from "../operation.ts";
import type { Workspace } from "../workspace.ts";
import { machinesOfFleet } from "./up.ts";

/** A plan is looked at by somebody: a machine that is down is said to be so, not waited for. */
const sshWaitMs = 5000;

/** What `up` would do. Reads the truth in parallel; takes no lock and writes nothing. */
export async function plan(workspace: Workspace, spec: FleetSpec, options: RunControl): Promise<Plan> {
  checkDistinct(spec.machines.map((machine) => machine.name));
  const machines = await prepare(workspace, spec.machines);
  const names = machines.map((machine) => machine.spec.name);
  const wanted = await fleetResources(spec, machines, await knownIdentities(workspace, machines, spec.name));
  const operation = new Operation(workspace, () => {}, options.signal ?? new AbortController().signal, sshWaitMs);
  try {
    const scopes = [fleetScope(spec.name), ...new Set([...names, ...(await machinesOfFleet(workspace, spec.name))])];
    const loaded = await Promise.all(scopes.map((scope) => operation.load(scope)));
    const records = loaded.filter((record): record is ScopeRecord => record !== undefined);
    const kinds = await operation.kinds(
      records,
      wanted,
      machines.map((machine) => machine.driver),
    );
    const missing = scopes.filter((scope) => !operation.record(scope));
    const changes = await planChanges({
      wanted,
      records: [...structuredClone(records), ...missing.map((scope) => emptyRecord(scope, spec.name))],
      kinds,
      signal: operation.signal,
      concurrency: workspace.concurrency,
    });
    const forced = new Map(
      forcedReplacements(wanted, (id) => operation.record(scopeOf(id))?.resources[id], kinds).map((each) => [
        each.id,
        each.props,
      ]),
    );
    return {
      fleet: spec.name,
      // What could not be read is still known to be replaced where the declaration alone forces it.
      changes: changes.map((change) => {
        const props = change.action === "unknown" ? forced.get(change.id) : undefined;
        return props ? { ...change, action: "replace" as const, props } : change;
      }),
    };
  } finally {
    await operation.close();
  }
}

const emptyRecord = (scope: string, fleet: string): ScopeRecord => ({
  version: 1,
  scope,
  uid: "",
  fleet,
  uses: [],
  lastGeneration: 0,
  resources: {},
});
