import type { Data } from "../contract/data.ts";
import type { Resource } from "../contract/resource.ts";
import type { AnyResourceType } from "../contract/resource-type.ts";
import type { SavedResource } from "../contract/store.ts";
import { changedKeys } from "../same.ts";

export interface Decision {
  readonly action: "none" | "update" | "replace";
  /** The props that differ; for `replace` those that force it. */
  readonly props: readonly string[];
  /** Of these, the ones whose real value is not what was declared last. */
  readonly drifted: readonly string[];
}

/**
 * What an existing resource needs in order to be as wanted. Pure: the plan and the reconciler both ask it. `again` names props
 * to be applied once more though nothing differs.
 */
export function decide(
  saved: SavedResource,
  wanted: Resource,
  kind: AnyResourceType,
  state: Data,
  again: readonly string[] = [],
): Decision {
  if (saved.kind !== wanted.kind) return { action: "replace", props: ["kind"], drifted: [] };
  const declared = changesOf(kind, saved.props, wanted.props);
  const drifted = kind.drift?.(state, saved.props) ?? [];
  const differing = declared.length > 0 ? (kind.drift?.(state, wanted.props) ?? []) : drifted;
  const props = [...new Set([...declared, ...differing, ...again])].sort();
  if (props.length === 0)
    // An update that was interrupted may have changed a part of it: the kind is asked to finish.
    return { action: saved.status === "updating" && kind.update ? "update" : "none", props, drifted };
  const forced = forcing(kind, props);
  return forced.length > 0 ? { action: "replace", props: forced, drifted } : { action: "update", props, drifted };
}

/** Names of the props that differ, but for those that matter to a creation alone. */
export const changesOf = (kind: AnyResourceType, before: Data, after: Data): string[] =>
  changedKeys(before, after).filter((name) => !kind.createOnly?.includes(name));

/** Those of the changed props that cannot be changed in place. */
export const forcing = (kind: AnyResourceType, props: readonly string[]): string[] =>
  kind.update ? props.filter((name) => kind.requiresReplace?.includes(name)) : [...props];
