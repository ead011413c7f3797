import {
  changedKeys,
  type Emit,
  type EventBody,
  type Resource,
  type ResourceTypes,
  type SavedResource,
  type ScopeRecord,
} from "@machinist/core";
import type { AuditEntry, AuditTrail } from "../journal/audit.ts";
import { shownValue } from "../journal/masking.ts";

type Action = Extract<AuditEntry, { type: "change" }>["action"];
type ResourceEvent = Extract<EventBody, { type: "resource" }>;

const actions: { readonly [status: string]: Action } = {
  creating: "created",
  updating: "updated",
  replacing: "replaced",
  deleting: "deleted",
};

/** One run of the reconciler as others attend it. */
export interface ReconcilerRun {
  readonly records: readonly ScopeRecord[];
  readonly wanted: readonly Resource[];
  readonly resourceTypes: ResourceTypes;
  /** Whether a recorded resource is none of this run's business. */
  readonly kept: (id: string) => boolean;
}

/** Listens to one run of the reconciler and writes each change that it makes into the audit log. */
export function auditor(audit: AuditTrail, { records, wanted }: ReconcilerRun): Emit {
  const before = new Map(records.flatMap(({ resources }) => Object.values(resources).map((each) => [each.id, each])));
  const after = new Map(wanted.map((resource) => [resource.id, resource]));
  const begun = new Map<string, { readonly action: Action; readonly detail?: string }>();

  const differences = (id: string, action: Action, detail?: string) => {
    const [old, next] = [before.get(id), after.get(id)];
    if (action === "deleted" || !next) return {};
    if (action === "created" || !old) return { props: Object.keys(next.props) };
    const names = changedKeys(old.props, next.props);
    // What drifted differs in no declaration: only its name is known.
    if (names.length === 0) return { props: detail?.split(", ") ?? [] };
    return { props: names, changes: changesOf(names, old, next) };
  };
  const write = (event: ResourceEvent | Extract<EventBody, { type: "failed" }>, code?: string) => {
    const known = begun.get(event.id);
    const kind = after.get(event.id)?.kind ?? before.get(event.id)?.kind;
    begun.delete(event.id);
    if (!known || kind === undefined) return;
    const { action, detail } = known;
    audit.write({
      type: "change",
      id: event.id,
      kind,
      action,
      outcome: code === undefined ? "done" : "failed",
      ...differences(event.id, action, detail),
      ...(code === undefined ? {} : { code }),
    });
  };
  return (event) => {
    if (event.type === "failed") return write(event, event.code);
    if (event.type !== "resource") return;
    const { id, status, detail } = event;
    const action = actions[status];
    // One that is replaced is deleted and created on the way.
    if (action && begun.get(id)?.action !== "replaced")
      begun.set(id, { action, ...(detail === undefined ? {} : { detail }) });
    if (status === "ready" || (status === "deleted" && begun.get(id)?.action !== "replaced")) write(event);
    // What ended with its parents was not deleted by itself.
    else if (status === "deleted" && !begun.has(id)) {
      begun.set(id, { action: "deleted" });
      write(event);
    }
  };
}

function changesOf(names: readonly string[], old: SavedResource, next: Resource) {
  const shown = ({ props }: Resource, name: string) =>
    props[name] === undefined ? undefined : shownValue(name, props[name]);
  return Object.fromEntries(
    names.map((name) => [name, { before: shown(old, name), after: shown(next, name) }] as const),
  );
}
