import {
  checkChanges,
  type Emit,
  type EventBody,
  type FleetSpec,
  fleetScope,
  forcedReplacements,
  MachinistError,
  type Resource,
  type ScopeRecord,
  same,
  scopeOf,
} from "@machinist/core";
import type { EndingCertificate, Loss, Outcome, UpOptions } from "../api.ts";
import { certificateNotices } from "../certificates/notices.ts";
import { fleetResources, type Prepared, type Projects, planProjects, prepare, usesOf } from "../desired-state.ts";
import { checkDistinct } from "../distinct.ts";
import { identities, knownIdentities } from "../identities.ts";
import { leaseOf } from "../lease.ts";
import { lossesOf } from "../losses.ts";
import { emptyRecord, machinesOfFleet } from "../members.ts";
import { Operation } from "../operation.ts";
import { outcomeOf } from "../outcome.ts";
import { overwriting, overwritten } from "../overwriting.ts";
import { refuseStale } from "../plans/stale.ts";
import { problems } from "../problems.ts";
import { forgetEmpty, projectAll, urlsOf } from "../settle-records.ts";
import type { Workspace } from "../workspace.ts";
import { plan } from "./plan.ts";

/** Make a fleet as its spec says. */
export async function up(workspace: Workspace, spec: FleetSpec, options: UpOptions, emit: Emit): Promise<Outcome> {
  const startedAt = Date.now();
  const signal = options.signal ?? new AbortController().signal;
  checkDistinct(spec.machines.map((machine) => machine.name));
  const machines = await prepare(workspace, spec.machines);
  for (const { spec: machine, unused } of machines)
    for (const option of unused)
      emit({ type: "log", id: machine.name, level: "warn", message: `Option ${option} has no effect any more` });
  const projects = await planProjects(workspace, spec);
  const { overwriteData = [] } = options.plan?.plan ?? options;
  const again = await overwriting(projects, overwriteData, spec.name);
  const scope = fleetScope(spec.name);
  const operation = new Operation(workspace, emit, signal);
  try {
    await operation.lock([scope]);
    const present = await machinesOfFleet(workspace, spec.name);
    const names = machines.map((machine) => machine.spec.name);
    await operation.lock([...new Set([...names, ...present])]);
    await loadAll(operation, [scope, ...new Set([...names, ...present])]);
    if (options.plan)
      await refuseStale(options.plan, spec.name, () => plan(workspace, spec, { signal, overwriteData }));
    const kept = options.prune === false && !options.plan ? present.filter((name) => !names.includes(name)) : [];
    const keep = kept.flatMap((name) => recorded(operation.record(name)));
    const scopes = [scope, ...new Set([...names, ...present])];
    const known = await knownIdentities(workspace, machines, spec.name);
    const foreseen = [...(await fleetResources(spec, machines, known, projects)), ...keep];
    const problem = (await problems(operation, spec.name, machines)).at(0);
    if (problem) throw problem;
    const replace = options.replace === true || options.plan !== undefined;
    await refuse(operation, foreseen, { fleet: spec.name, replace });
    const lost = overwritten(operation, projects, again);
    if (options.plan === undefined) await consent(operation, scopes, foreseen, { agree: options.agree, lost });
    for (const notice of await certificateNotices(workspace, names)) emit(warningOf(notice));
    const wanted = await persistSpec(workspace, operation, spec, { machines, projects });
    await projects.keep();
    const outcomes = await operation.converge(scopes, [...wanted, ...keep], { replace, again });
    const staying = [...names, ...kept];
    const removed = await forgetEmpty(
      workspace,
      operation,
      scopes,
      new Set(staying.length > 0 ? [scope, ...staying] : []),
    );
    await projectAll(workspace, operation, staying);
    return outcomeOf(outcomes, [...new Set([...names, ...present])], {
      removed,
      urls: urlsOf(operation, scopes),
      startedAt,
    });
  } finally {
    await operation.close();
  }
}

/** What ends soon; an engine's own certificate is renewed along with it. */
const warningOf = ({ what, name, message, hint }: EndingCertificate): EventBody => ({
  type: "log",
  id: what === "server" ? name : "",
  level: "warn",
  message: what === "server" ? `${message}; it is renewed now` : `${message}: ${hint}`,
});

async function loadAll(operation: Operation, scopes: readonly string[]): Promise<void> {
  await Promise.all(scopes.map((scope) => operation.load(scope)));
}

/** Save what is about to be made, and return the resources it takes. */
async function persistSpec(
  workspace: Workspace,
  operation: Operation,
  spec: FleetSpec,
  { machines, projects }: { readonly machines: readonly Prepared[]; readonly projects: Projects },
): Promise<Resource[]> {
  await holdFleet(workspace, operation, spec);
  await Promise.all(machines.map((each) => saveRecord(workspace, operation, each, spec.name, undefined)));
  const keys = await identities(workspace, machines, spec.name);
  const wanted = await fleetResources(spec, machines, keys, projects);
  await Promise.all(
    machines.map((each) => saveRecord(workspace, operation, each, spec.name, usesOf(each.spec.name, wanted))),
  );
  return wanted;
}

/** The fleet's own record, with the hooks that are run when its manifest is not at hand. */
async function holdFleet(workspace: Workspace, operation: Operation, { name, hooks = [] }: FleetSpec): Promise<void> {
  const scope = fleetScope(name);
  const { hooks: before, ...record } = operation.record(scope) ?? (await workspace.newRecord(scope, name));
  const kept = JSON.stringify(before ?? []) === JSON.stringify(hooks);
  if (kept && operation.record(scope)) return;
  await operation.hold(hooks.length > 0 ? { ...record, hooks } : record);
}

/** A machine's record says how it was asked for, and what it uses of others, before any of it is made. */
export async function saveRecord(
  workspace: Workspace,
  operation: Operation,
  { spec, intent }: Prepared,
  fleet: string,
  uses: readonly string[] | undefined,
): Promise<void> {
  await workspace.drivers.images.keep(spec.driver);
  const before = operation.record(spec.name);
  const hostOptions = intent.hostOptions ?? before?.machine?.hostOptions;
  const lease = await leaseOf(before?.machine?.lease, spec.leaseMs, () => workspace.store.now());
  const machine = {
    ...intent,
    createdAt: before?.machine?.createdAt ?? Date.now(),
    ...(lease ? { lease } : {}),
    ...(hostOptions ? { hostOptions } : {}),
  };
  const record: ScopeRecord = before
    ? { ...before, machine, uses: [...new Set([...(uses ?? []), ...before.uses])].sort() }
    : await workspace.newRecord(spec.name, fleet, machine, uses ?? []);
  if (!before || !same(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(record))))
    await operation.hold(record);
}

/** Before anything is done: what would be destroyed and was not agreed to, and what nothing can make so. */
async function refuse(
  operation: Operation,
  wanted: readonly Resource[],
  { fleet, replace }: { readonly fleet: string; readonly replace: boolean },
): Promise<void> {
  const saved = (id: string) => operation.record(scopeOf(id))?.resources[id];
  const records = [...new Set(wanted.map((each) => scopeOf(each.id)))].map(
    (scope) => operation.record(scope) ?? emptyRecord(scope, fleet),
  );
  const kinds = await operation.kinds(records, wanted);
  const forced = forcedReplacements(wanted, saved, kinds);
  const replaced = new Set(forced.map(({ id }) => id));
  if (replace || forced.length === 0)
    return checkChanges({ wanted, records, resourceTypes: kinds, signal: operation.signal, replaced });
  const told = forced.map(({ id, props }) => `${id} (${props.join(", ")})`).join(", ");
  throw new MachinistError("plan.replace", `This would destroy and recreate: ${told}`, {
    hint: "Nothing was changed. To agree, run the command with --replace",
  });
}

/** Before anything is done: what the user would miss, and has not been asked about. */
async function consent(
  operation: Operation,
  scopes: readonly string[],
  wanted: readonly Resource[],
  { agree, lost }: { readonly agree: UpOptions["agree"]; readonly lost: readonly Loss[] },
): Promise<void> {
  if (!agree) return;
  const records = scopes.flatMap((scope) => operation.record(scope) ?? []);
  const losses = [...lossesOf(records, wanted, await operation.kinds(records, wanted)), ...lost];
  if (losses.length === 0 || (await agree(losses))) return;
  const told = losses.map(({ what, overwritten: stays }) => `${stays ? "overwrite data of" : "remove"} ${what}`);
  throw new MachinistError("plan.declined", `Not agreed to: ${told.join(", ")}`, {
    hint: "Nothing was changed. Keep in the manifest what is to stay, or run up again with --yes",
  });
}

/** What a record holds, as wanted again just so. */
export const recorded = (record: ScopeRecord | undefined): Resource[] =>
  Object.values(record?.resources ?? {})
    .filter((resource) => resource.status !== "deleting")
    .map(({ id, kind, props, parents, after, rolling }) => ({
      id,
      kind,
      props,
      parents,
      ...(after ? { after } : {}),
      ...(rolling ? { rolling } : {}),
    }));
