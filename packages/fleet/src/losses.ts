import { type Resource, type ResourceTypes, type SavedResource, type ScopeRecord, scopeOf } from "@machinist/core";
import type { Loss } from "./api-up.ts";

/**
 * What a run that wants just this would take from the user for good: whole machines, and of what stays each thing whose
 * kind calls it a loss. What lives in a machine that goes is not told apart. From the records alone.
 */
export function lossesOf(records: readonly ScopeRecord[], wanted: readonly Resource[], kinds: ResourceTypes): Loss[] {
  const staying = new Set(wanted.map(({ id }) => scopeOf(id)));
  const machines = records.filter(({ scope, machine }) => machine && !staying.has(scope)).map(({ scope }) => scope);
  const ids = new Set(wanted.map(({ id }) => id));
  const dies = ({ id, parents }: SavedResource) =>
    [id, ...parents].map(scopeOf).some((scope) => machines.includes(scope));
  const things = records.flatMap(({ fleet, resources }) =>
    Object.values(resources)
      .filter((saved) => !ids.has(saved.id) && !dies(saved))
      .flatMap(({ id, kind, props }) => {
        const what = kinds[kind]?.loss?.({ id, fleet, props });
        return what === undefined ? [] : [{ id, what }];
      }),
  );
  return [...machines.map((name) => ({ id: name, what: name })), ...things];
}
