import { type Emit, fleetScope, type ScopeRecord } from "@machinist/core";
import type { Exported, RunControl } from "../api.ts";
import { checkDistinct } from "../distinct.ts";
import { Operation } from "../operation.ts";
import { forgetEmpty } from "../settle-records.ts";
import { seal } from "../transfer/bundle.ts";
import { collect } from "../transfer/collect.ts";
import { giveAway } from "../transfer/given-away.ts";
import type { Workspace } from "../workspace.ts";

const nothing: Emit = () => {};

/** Machines as one encrypted file. Nothing changes. Throws `export.*`, `machine.unknown`. */
export async function exportMachines(
  workspace: Workspace,
  names: readonly string[],
  options: RunControl & { readonly passphrase: string },
): Promise<Exported> {
  checkDistinct(names);
  const operation = new Operation(workspace, nothing, options.signal ?? new AbortController().signal);
  try {
    await operation.lock(names);
    await Promise.all(names.map((name) => operation.load(name)));
    const { bundle, opened } = await collect(workspace, names);
    return { data: await seal(bundle, options.passphrase), opened };
  } finally {
    await operation.close();
  }
}

/** Machines that another store has now are known here no more. Nothing is removed where they are. */
export async function forgetExported(
  workspace: Workspace,
  names: readonly string[],
  options: RunControl,
): Promise<void> {
  checkDistinct(names);
  const operation = new Operation(workspace, nothing, options.signal ?? new AbortController().signal);
  try {
    await operation.lock(names);
    await Promise.all(names.map((name) => operation.load(name)));
    const { bundle } = await collect(workspace, names);
    const records = bundle.scopes.map(({ record }) => record);
    const owned = records.map((record) => ({ ...record, resources: withoutBorrowed(record) }));
    // First they are told apart from orphans: a prune in between must not take them.
    await giveAway(workspace.store.path, owned);
    for (const name of names) await dropContexts(operation, name);
    // Then what they share: while a machine is known, nothing that it uses is removed as no longer of use.
    for (const { fleet } of records.filter(({ machine }) => machine === undefined))
      await forgetShared(workspace, operation, { fleet, names }, owned);
    for (const name of names) await workspace.store.remove(name);
  } finally {
    await operation.close();
  }
}

const withoutBorrowed = ({ resources }: ScopeRecord) =>
  Object.fromEntries(Object.entries(resources).filter(([, { borrowed }]) => !borrowed));

/** Docker's contexts on this computer, which nobody else has; all else of a scope is left alone. */
async function dropContexts(operation: Operation, scope: string): Promise<void> {
  const all = Object.values(operation.record(scope)?.resources ?? {});
  if (!all.some(({ kind }) => kind === "docker.context")) return;
  const others = all.filter(({ kind }) => kind !== "docker.context");
  const outcomes = await operation.converge([scope], [], { untouched: new Set(others.map(({ id }) => id)) });
  const failed = outcomes.find(({ error }) => error !== undefined);
  if (failed) throw failed.error;
}

async function forgetShared(
  workspace: Workspace,
  operation: Operation,
  { fleet, names }: { readonly fleet: string; readonly names: readonly string[] },
  given: readonly ScopeRecord[],
): Promise<void> {
  const scope = fleetScope(fleet);
  await operation.lock([scope]);
  if (!(await operation.load(scope))) return;
  const others = (await workspace.readable()).filter(({ scope: name, machine }) => machine && !names.includes(name));
  const stay = others.some((each) => each.fleet === fleet);
  if (!stay) await dropContexts(operation, scope);
  const record = operation.record(scope);
  if (!record) return;
  const gone = new Set(given.flatMap((each) => Object.keys(each.resources)));
  const kept = Object.entries(record.resources).filter(([id]) => !gone.has(id));
  await operation.hold({ ...record, resources: Object.fromEntries(kept) });
  await forgetEmpty(workspace, operation, [scope], new Set(stay ? [scope] : []));
}
