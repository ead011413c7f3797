import {
  asMachinistError,
  type Emit,
  installationIdOf,
  isFleetScope,
  localOf,
  MachinistError,
  type OwnedResource,
  ownedId,
  ownerTag,
  removeOwned,
  type ScopeRecord,
} from "@machinist/core";
import { resolveOptions } from "@machinist/options";
import type { DriverQuery, Failure, Orphan, OrphanQuery, OrphanReport, Outcome, RunControl } from "../api.ts";
import { failureOf } from "../outcome.ts";
import { givenAway } from "../transfer/given-away.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Ask providers for all that carries an owner tag, then take away what some record knows. In this order: what is made
 * meanwhile was in a record before it was made. Throws `store.corrupt` while a record cannot be read, since that one may
 * know any of it.
 */
export async function findOrphans(workspace: Workspace, query: OrphanQuery): Promise<OrphanReport> {
  const signal = query.signal ?? new AbortController().signal;
  const recorded = await queriesOf(await records(workspace));
  const asked = query.drivers ?? (await everywhere(workspace, recorded));
  const marked: Found[] = [];
  const failures: Failure[] = [];
  const skipped: Failure[] = [];
  const answered = new Set<string>();
  await Promise.all(
    asked.map(async (each) => {
      try {
        const found = await ask(workspace, each, signal);
        if (!found) return;
        answered.add(each.driver);
        marked.push(...found);
      } catch (thrown) {
        const error = asMachinistError(thrown);
        if (error.code === "cancelled") throw error;
        const needed = query.drivers !== undefined || recorded.some(({ driver }) => driver === each.driver);
        (needed ? failures : skipped).push(failureOf(each.driver, error));
      }
    }),
  );
  const [known, store] = [await knownMarks(workspace), await workspace.store.mark()];
  const left = distinct(marked).filter(({ owner }) => !known.has(owner));
  return {
    orphans: left.map((orphan) => ({ ...orphan, ours: installationIdOf(orphan.owner) === store })),
    drivers: [...answered].sort(),
    failures,
    skipped,
  };
}

/** Remove what {@link findOrphans} found, driver by driver, each in the order its driver gave. */
export async function prune(
  workspace: Workspace,
  orphans: readonly Orphan[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const startedAt = Date.now();
  const signal = options.signal ?? new AbortController().signal;
  const known = await knownMarks(workspace);
  const named = orphans.find(({ owner }) => known.has(owner));
  if (named)
    throw new MachinistError("prune.known", `${named.label} is no orphan: a machine here has it`, {
      hint: "To remove the machine: machinist rm NAME",
    });
  const drivers = [...new Set(orphans.map(({ driver }) => driver))];
  const outcomes = await Promise.all(
    drivers.map(async (name) => {
      const driver = await workspace.drivers.driver(name);
      const objects = orphans.filter((each) => each.driver === name);
      return removeOwned({
        objects,
        resourceTypes: driver.resourceTypes,
        emit,
        signal,
        concurrency: workspace.concurrency,
      });
    }),
  );
  const labels = new Map(orphans.map((orphan) => [ownedId(orphan), orphan.label]));
  const all = outcomes.flat();
  return {
    ok: all.every(({ error }) => !error),
    cancelled: all.some(({ change }) => change === "cancelled"),
    changed: all.filter(({ change }) => change === "deleted").length,
    machines: all.map(({ id, error, ms }) => ({
      name: labels.get(id) ?? id,
      result: error ? ("failed" as const) : ("removed" as const),
      ms,
    })),
    failures: all.flatMap(({ id, error }) =>
      error && error.code !== "cancelled" ? [failureOf(labels.get(id) ?? id, error)] : [],
    ),
    ms: Date.now() - startedAt,
  };
}

type Found = Omit<Orphan, "ours">;

/** Nothing where a driver makes nothing that could be orphaned. */
async function ask(workspace: Workspace, query: DriverQuery, signal: AbortSignal): Promise<Found[] | undefined> {
  const module = await workspace.drivers.module(query.driver);
  const driver = await workspace.drivers.driver(query.driver);
  if (!driver.listOwned) return undefined;
  const options = resolveOptions(module, query.options ?? {}, workspace.env, process.cwd());
  const found: readonly OwnedResource[] = await driver.listOwned(options, signal);
  return found.map((object) => ({ ...object, driver: query.driver }));
}

/** Every record, fleets' too. */
async function records(workspace: Workspace): Promise<ScopeRecord[]> {
  const loaded = await Promise.all((await workspace.store.list()).map((scope) => workspace.store.load(scope)));
  return loaded.filter((record) => record !== undefined);
}

/** Where the machines of some records are: each driver with each set of options once. */
async function queriesOf(all: readonly ScopeRecord[]): Promise<DriverQuery[]> {
  const queries = all
    .filter(({ scope }) => !isFleetScope(scope))
    .flatMap(({ machine }) => (machine ? [{ driver: machine.driver, options: machine.options }] : []));
  return [...new Map(queries.map((query) => [JSON.stringify(query), query])).values()];
}

/** Where machines are, and where the options' defaults and the environment point, for every driver there is. */
async function everywhere(workspace: Workspace, recorded: readonly DriverQuery[]): Promise<DriverQuery[]> {
  const installed = await workspace.drivers.installed();
  const standard = installed.map(({ name }): DriverQuery => ({ driver: name, options: {} }));
  return [...recorded, ...standard.filter(({ driver }) => !recorded.some((each) => each.driver === driver))];
}

/** Marks of what some record has, here or in the store that it was handed over to. */
const knownMarks = async (workspace: Workspace): Promise<Set<string>> =>
  new Set([...marksIn(await records(workspace)), ...(await givenAway(workspace.store.path))]);

const marksIn = (all: readonly ScopeRecord[]): Set<string> =>
  new Set(
    all.flatMap(({ uid, resources }) =>
      Object.values(resources).map(({ id, generation }) => ownerTag(uid, localOf(id), generation)),
    ),
  );

const distinct = (found: readonly Found[]): Found[] => [
  ...new Map(found.map((each) => [`${each.driver} ${each.kind} ${each.owner} ${each.label}`, each])).values(),
];
