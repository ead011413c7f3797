import {
  type Data,
  type Emit,
  fleetScope,
  isFleetScope,
  type MachineSpec,
  type Resource,
  type ScopeRecord,
  scopeOf,
} from "@machinist/core";
import type { CreateRequest, Outcome, RunControl } from "../api.ts";
import { contextOf, machineResources, type Prepared, prepare, uniqueShared, usesOf } from "../desired-state.ts";
import { checkDistinct } from "../distinct.ts";
import { identities, shareKey } from "../identities.ts";
import { broken, Operation } from "../operation.ts";
import { outcomeOf } from "../outcome.ts";
import { refuseFinished, type WholeRequest, wholeRequest } from "../pending-create.ts";
import { precheck } from "../precheck.ts";
import { forgetEmpty, projectAll, urlsOf } from "../settle-records.ts";
import { defaultFleet } from "../unfinished.ts";
import type { Workspace } from "../workspace.ts";
import { saveRecord } from "./up.ts";

/** Other processes hold the shared scope only while they make what is shared. */
const sharedWaitMs = 600_000;

/** Make machines on their own. One that was begun before and not finished is finished. */
export async function create(
  workspace: Workspace,
  asked: readonly CreateRequest[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const startedAt = Date.now();
  const signal = options.signal ?? new AbortController().signal;
  const names = asked.map((request) => request.name);
  checkDistinct(names);
  const requests = await Promise.all(asked.map((request) => wholeRequest(workspace, request)));
  const prepared = await prepare(workspace, requests.map(specOf));
  const machines = prepared.map((each, index) => withHostOptions(each, requests[index]?.hostOptions));
  const operation = new Operation(workspace, emit, signal);
  try {
    await operation.lock(names);
    await Promise.all(names.map((name) => operation.load(name)));
    for (const { spec } of machines) refuseFinished(operation.record(spec.name), spec.driver);
    // What no engine could be given, or a driver plan, is refused before there is a record.
    await Promise.all(machines.map((each) => machineResources(each, defaultFleet)));
    const fresh = machines.filter((machine) => !operation.record(machine.spec.name));
    await precheck(fresh, defaultFleet, signal);
    // First the record, then what lies beside it: a killed run leaves nothing that no record knows.
    await Promise.all(machines.map((each) => saveRecord(workspace, operation, each, defaultFleet, undefined)));
    // Other programs look for it as soon as a machine is begun.
    await projectAll(workspace, operation, names);
    const keys = await withSharedScope(workspace, operation, shareKey(machines), () =>
      identities(workspace, machines, defaultFleet),
    );
    const planned = await Promise.all(
      machines.map(async (each, index) => {
        const own = await machineResources(each, defaultFleet, keys.get(each.spec.name));
        return requests[index]?.context ? [...own, await contextOf(each.spec.name, own)] : own;
      }),
    );
    const all = uniqueShared(planned.flat());
    await Promise.all(
      machines.map((each) => saveRecord(workspace, operation, each, defaultFleet, usesOf(each.spec.name, all))),
    );

    const shared = await makeShared(workspace, operation, all);
    if (broken(shared)) return outcomeOf([...shared], names, { startedAt });
    const own = all.filter((resource) => !isFleetScope(scopeOf(resource.id)));
    const outcomes = [...shared, ...(await operation.converge(names, own))];
    await projectAll(workspace, operation, names);
    return outcomeOf(outcomes, names, { urls: urlsOf(operation, names), startedAt });
  } finally {
    await operation.close();
  }
}

const withHostOptions = (machine: Prepared, hostOptions: Data | undefined): Prepared =>
  hostOptions ? { ...machine, intent: { ...machine.intent, hostOptions } } : machine;

const specOf = ({ name, driver, options, engine, enginePort, leaseMs }: WholeRequest): MachineSpec => ({
  name,
  group: name,
  driver,
  options: options ?? {},
  engine: engine ?? {},
  ...(enginePort === undefined ? {} : { enginePort }),
  ...(leaseMs === undefined ? {} : { leaseMs }),
});

/** Make what the machines share, beside what is there already; others may be doing the same. */
async function makeShared(workspace: Workspace, operation: Operation, all: readonly Resource[]) {
  const scope = fleetScope(defaultFleet);
  const shared = all.filter((resource) => scopeOf(resource.id) === scope);
  if (shared.length === 0) return [];
  return withSharedScope(workspace, operation, true, () => {
    const untouched = new Set(Object.keys(operation.record(scope)?.resources ?? {}));
    for (const { id } of shared) untouched.delete(id);
    return operation.converge([scope], shared, { untouched });
  });
}

/** Do something while this process holds what the machines share, or at once where nothing of it is `needed`. */
async function withSharedScope<T>(
  workspace: Workspace,
  operation: Operation,
  needed: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (!needed) return work();
  const scope = fleetScope(defaultFleet);
  await operation.lock([scope], sharedWaitMs);
  try {
    await operation.hold((await operation.load(scope)) ?? (await workspace.newRecord(scope, defaultFleet)));
    return await work();
  } finally {
    await operation.unlock(scope);
  }
}

/** Remove what machines of a fleet shared and nobody uses any more. */
export async function releaseShared(workspace: Workspace, operation: Operation, fleet: string) {
  const scope = fleetScope(fleet);
  await operation.lock([scope], sharedWaitMs);
  try {
    const record = await operation.load(scope);
    // A machine whose record cannot be read may use any of it.
    const unsure = await workspace.refuseUnreadable().then(
      () => false,
      () => true,
    );
    if (!record || unsure) return [];
    const machines = (await workspace.readable()).filter((each) => each.fleet === fleet);
    const kept = new Set(machines.length === 0 ? [] : stillOfUse(record, machines));
    const outcomes = await operation.converge([scope], [], { untouched: kept });
    await forgetEmpty(workspace, operation, [scope], new Set(machines.length > 0 ? [scope] : []));
    return outcomes;
  } finally {
    await operation.unlock(scope);
  }
}

/** Of what a fleet's machines share: what one of them uses, and what is there for all and lives in nothing that is gone. */
function stillOfUse(shared: ScopeRecord, machines: readonly ScopeRecord[]): string[] {
  const used = new Set(machines.flatMap((machine) => machine.uses));
  const there = new Set([shared, ...machines].flatMap((record) => Object.keys(record.resources)));
  const forAll = new Set(["swarm.stack", "swarm.cluster", "docker.context"]);
  return Object.values(shared.resources)
    .filter(
      ({ id, kind, parents }) => used.has(id) || (forAll.has(kind) && parents.every((parent) => there.has(parent))),
    )
    .map(({ id }) => id);
}
