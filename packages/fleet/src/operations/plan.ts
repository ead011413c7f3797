import {
  type FleetSpec,
  fleetScope,
  forcedReplacements,
  planChanges,
  type Resource,
  type ResourceChange,
  type ResourceTypes,
  type ScopeRecord,
  scopeOf,
} from "@machinist/core";
import type { Plan, PlanOptions } from "../api.ts";
import { fleetResources, planProjects, prepare } from "../desired-state.ts";
import { checkDistinct } from "../distinct.ts";
import { knownIdentities } from "../identities.ts";
import { emptyRecord, machinesOfFleet } from "../members.ts";
import { Operation } from "../operation.ts";
import { failureOf } from "../outcome.ts";
import { overwriting } from "../overwriting.ts";
import { basisOf } from "../plans/basis.ts";
import { endingCertificates } from "../plans/certificates.ts";
import { priceAll } from "../plans/prices.ts";
import { withUnchecked } from "../plans/unchecked.ts";
import { problems } from "../problems.ts";
import type { Workspace } from "../workspace.ts";

/** A plan is looked at by somebody: a machine that is down is said to be so, not waited for. */
const sshWaitMs = 5000;

/** What `up` would do. Reads the truth in parallel; takes no lock and writes nothing. */
export async function plan(workspace: Workspace, spec: FleetSpec, options: PlanOptions): Promise<Plan> {
  checkDistinct(spec.machines.map((machine) => machine.name));
  const machines = await prepare(workspace, spec.machines);
  const names = machines.map((machine) => machine.spec.name);
  const projects = await planProjects(workspace, spec);
  const { overwriteData = [] } = options;
  const again = await overwriting(projects, overwriteData, spec.name);
  const wanted = await fleetResources(spec, machines, await knownIdentities(workspace, machines, spec.name), projects);
  const operation = new Operation(workspace, () => {}, options.signal ?? new AbortController().signal, sshWaitMs);
  try {
    const scopes = [fleetScope(spec.name), ...new Set([...names, ...(await machinesOfFleet(workspace, spec.name))])];
    const loaded = await Promise.all(scopes.map((scope) => operation.load(scope)));
    const records = loaded.filter((record): record is ScopeRecord => record !== undefined);
    const drivers = machines.map((machine) => machine.driver);
    const kinds = await operation.kinds(records, wanted, drivers);
    const missing = scopes.filter((scope) => !operation.record(scope));
    // Copies: what is seen goes into them.
    const seen = structuredClone(records);
    const driverOf = (name: string) => workspace.drivers.driver(name).catch(() => undefined);
    const [found, changes, prices] = await Promise.all([
      problems(operation, spec.name, machines),
      planChanges({
        wanted,
        records: [...seen, ...missing.map((scope) => emptyRecord(scope, spec.name))],
        resourceTypes: kinds,
        signal: operation.signal,
        again,
        concurrency: workspace.concurrency,
        onSeen: (id, state) => operation.see(id, state),
      }),
      priceAll(machines, records, driverOf, operation.signal),
    ]);
    return {
      fleet: spec.name,
      changes: withUnchecked(withForced(changes, wanted, operation, kinds)),
      certificates: await endingCertificates(workspace, seen, Date.now()),
      prices,
      ...(found.length > 0 ? { problems: found.map((problem) => failureOf("", problem)) } : {}),
      basis: basisOf(spec, wanted, records),
      ...(overwriteData.length > 0 ? { overwriteData } : {}),
    };
  } finally {
    await operation.close();
  }
}

/** What could not be read is still known to be replaced where the declaration alone forces it. */
function withForced(
  changes: readonly ResourceChange[],
  wanted: readonly Resource[],
  operation: Operation,
  kinds: ResourceTypes,
): ResourceChange[] {
  const replaced = forcedReplacements(wanted, (id) => operation.record(scopeOf(id))?.resources[id], kinds);
  const forced = new Map(replaced.map(({ id, props }) => [id, props]));
  return changes.map((change) => {
    const props = change.action === "unknown" ? forced.get(change.id) : undefined;
    return props ? { ...change, action: "replace" as const, props } : change;
  });
}
