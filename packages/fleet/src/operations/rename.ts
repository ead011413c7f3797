import {
  type Emit,
  forcedReplacements,
  MachinistError,
  type Resource,
  renamedRecord,
  type ScopeRecord,
} from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { contextOf, machineResources, prepare } from "../desired-state.ts";
import { keyMarkOf, keyScope, publicKeyIn } from "../identities.ts";
import { checkMachineName } from "../machine-name.ts";
import { Operation } from "../operation.ts";
import { asDone, outcomeOf } from "../outcome.ts";
import { projectAll, urlsOf } from "../settle-records.ts";
import { defaultFleet } from "../unfinished.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Give a machine another name, in the store, at its provider and on the host. First all that bears the name is found to
 * be changeable, then the store has the new name, then the rest follows; interrupted, the same call goes on. Throws
 * `machine.name`, `machine.unknown`, `machine.exists`, `rename.fleet`, `rename.unfinished`, `rename.impossible`.
 */
export async function rename(
  workspace: Workspace,
  { from, to }: { readonly from: string; readonly to: string },
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const startedAt = Date.now();
  checkMachineName(to);
  const operation = new Operation(workspace, emit, options.signal ?? new AbortController().signal);
  try {
    await operation.lock([from, to]);
    const begun = await operation.load(to);
    const isBegun = begun?.was === from && !(await workspace.store.load(from));
    if (begun && !isBegun) throw taken(to);
    const record = isBegun ? begun : renamedRecord(await source(workspace, from), to);
    const wanted = await resourcesOf(workspace, record, isBegun ? to : from);
    await refuseFixed(operation, record, wanted, from);
    if (!isBegun) {
      await workspace.store.move(from, to);
      await operation.load(to);
    }
    const outcomes = await operation.converge([to], wanted, { replace: true });
    const outcome = outcomeOf(outcomes, [to], { urls: urlsOf(operation, [to]), startedAt });
    const now = operation.record(to);
    if (outcome.ok && now) {
      const { was: _finished, ...rest } = now;
      await operation.hold(rest);
    }
    await projectAll(workspace, operation, [to]);
    return outcome.ok ? asDone(outcome) : outcome;
  } finally {
    await operation.close();
  }
}

const taken = (name: string) =>
  new MachinistError("machine.exists", `There is already a machine ${name}`, {
    hint: `Choose another name, or remove it first: machinist rm ${name}`,
  });

async function source(workspace: Workspace, from: string): Promise<ScopeRecord> {
  const record = await workspace.record(from);
  if (record.fleet !== defaultFleet)
    throw new MachinistError("rename.fleet", `${from} is of fleet ${record.fleet}, whose manifest names it`, {
      hint: "Change the group's name there; machinist plan says what that takes",
    });
  if (record.was || Object.values(record.resources).some(({ status }) => status !== "created"))
    throw new MachinistError("rename.unfinished", `${from} is not finished`, {
      hint: record.was
        ? `Go on with: machinist rename ${record.was} ${from}`
        : `See what is missing: machinist doctor ${from}`,
    });
  return record;
}

/** What the machine consists of under its new name. `folder`: under which its SSH key lies. */
async function resourcesOf(workspace: Workspace, record: ScopeRecord, folder: string): Promise<Resource[]> {
  const { scope, machine, fleet, resources } = record;
  if (!machine) throw new MachinistError("internal", `${scope} is no machine`);
  const { driver, options, engine } = machine;
  const spec = { name: scope, group: scope, driver, options, engine };
  const [prepared] = await prepare(workspace, [spec]);
  if (!prepared) throw new MachinistError("internal", `${scope} cannot be planned`);
  const at = keyScope(workspace, prepared.driver, folder, fleet);
  const publicKey = (await publicKeyIn(workspace.store.folder(at))) ?? "";
  const keyMark = await keyMarkOf(workspace, at);
  const key = { publicKey, ...(keyMark ? { keyMark } : {}) };
  const own = (await machineResources(prepared, fleet, key)).filter(({ id }) => id.startsWith(`${scope}/`));
  const hasContext = Object.values(resources).some(({ kind }) => kind === "docker.context");
  return hasContext ? [...own, await contextOf(scope, own)] : own;
}

/** Before anything is done: whether all of it can have the new name as it is. A context is recreated, which costs nothing. */
async function refuseFixed(
  operation: Operation,
  record: ScopeRecord,
  wanted: readonly Resource[],
  from: string,
): Promise<void> {
  const kinds = await operation.kinds([record], wanted);
  const fixed = forcedReplacements(wanted, (id) => record.resources[id], kinds).find(
    ({ id }) => record.resources[id]?.kind !== "docker.context",
  );
  if (!fixed) return;
  const driver = record.machine?.driver ?? "";
  throw new MachinistError(
    "rename.impossible",
    `Driver ${driver} cannot give ${from} another name: ${fixed.props.join(", ")} would take another machine`,
    { hint: `Make another one like it: machinist clone ${from} ${record.scope}` },
  );
}
