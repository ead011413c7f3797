import type { Event, ResourceStatus, StepStatus } from "@machinist/core";
import { localOf, scopeOf } from "@machinist/core";

/** What a resource is doing; beside the reconciler's own words, `failed`. */
export type Activity = ResourceStatus | "failed";

export interface ResourceProgress {
  readonly id: string;
  readonly status: Activity;
  readonly detail?: string;
  readonly step?: { readonly name: string; readonly status: StepStatus; readonly since: number };
  readonly counted?: { readonly done: number; readonly total?: number; readonly unit?: string };
  /** When it was first heard of, ms. */
  readonly startedAt: number;
  /** When its status became what it is. */
  readonly since: number;
}

/** A machine, or what a fleet's machines share. */
export interface ScopeProgress {
  readonly scope: string;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly resources: ReadonlyMap<string, ResourceProgress>;
  /** What power action was asked for. */
  readonly power?: { readonly action: string; readonly done: boolean };
  readonly failure?: { readonly code: string; readonly message: string };
}

/** An operation as its events so far tell it. */
export interface Progress {
  readonly action: string;
  readonly fleet?: string;
  readonly status: "started" | "finished" | "failed" | "cancelled" | undefined;
  readonly startedAt: number | undefined;
  readonly scopes: ReadonlyMap<string, ScopeProgress>;
}

export const nothingYet: Progress = { action: "", status: undefined, startedAt: undefined, scopes: new Map() };

const ended: ReadonlySet<Activity> = new Set<Activity>(["unchanged", "ready", "deleted", "failed", "blocked"]);
export const isEnded = (status: Activity): boolean => ended.has(status);

/** The next progress. Pure: neither argument is changed. */
export function advance(progress: Progress, event: Event): Progress {
  const at = progress.startedAt ?? event.at;
  switch (event.type) {
    case "run": {
      const named = event.machines ?? [];
      const scopes = new Map(progress.scopes);
      for (const name of named) if (!scopes.has(name)) scopes.set(name, fresh(name));
      const fleet = event.fleet ?? progress.fleet;
      return {
        action: event.action,
        status: event.status,
        startedAt: at,
        scopes,
        ...(fleet !== undefined && { fleet }),
      };
    }
    case "resource":
      return touch(progress, event, (seen) => {
        const { step: _, counted: __, detail: ___, ...kept } = seen;
        const moved = seen.status !== event.status;
        const next = moved ? { ...kept, since: event.at } : seen;
        return { ...next, status: event.status, ...(event.detail !== undefined && { detail: event.detail }) };
      });
    case "step":
      return touch(progress, event, (seen) => ({
        ...seen,
        step: { name: event.step, status: event.status, since: event.at },
      }));
    case "progress":
      return touch(progress, event, (seen) => ({
        ...seen,
        counted: {
          done: event.done,
          ...(event.total !== undefined && { total: event.total }),
          ...(event.unit !== undefined && { unit: event.unit }),
        },
      }));
    case "failed":
      return fail(progress, event);
    case "power":
      return onScope(progress, event.machine, event.at, (scope) => ({
        ...scope,
        endedAt: event.status === "done" ? event.at : undefined,
        power: { action: event.action, done: event.status === "done" },
      }));
    case "log":
      return { ...progress, startedAt: at };
  }
}

const fresh = (scope: string): ScopeProgress => ({
  scope,
  startedAt: undefined,
  endedAt: undefined,
  resources: new Map(),
});

type FailedEvent = Extract<Event, { type: "failed" }>;

/** A failure belongs to a resource, or to a whole machine (`power`, or one that could not be begun). */
function fail(progress: Progress, event: FailedEvent): Progress {
  if (event.id.includes("/"))
    return touch(progress, event, (seen) => ({ ...seen, status: "failed", detail: event.message, since: event.at }));
  if (event.id === "") return progress;
  return onScope(progress, event.id, event.at, (scope) => ({
    ...scope,
    endedAt: event.at,
    failure: { code: event.code, message: event.message },
  }));
}

function touch(
  progress: Progress,
  { id, at }: { readonly id: string; readonly at: number },
  change: (seen: ResourceProgress) => ResourceProgress,
): Progress {
  if (!id.includes("/")) return progress;
  return onScope(progress, scopeOf(id), at, (scope) => {
    const seen = scope.resources.get(id) ?? { id, status: "reading", startedAt: at, since: at };
    const resources = new Map(scope.resources).set(id, change(seen));
    const over = [...resources.values()].every(({ status }) => isEnded(status));
    return { ...scope, resources, endedAt: over ? at : undefined };
  });
}

function onScope(
  progress: Progress,
  name: string,
  at: number,
  change: (scope: ScopeProgress) => ScopeProgress,
): Progress {
  const before = progress.scopes.get(name) ?? fresh(name);
  const scope = change({ ...before, startedAt: before.startedAt ?? at });
  return { ...progress, startedAt: progress.startedAt ?? at, scopes: new Map(progress.scopes).set(name, scope) };
}

/** The name of a resource within its scope, without the kind of thing a reader knows anyway. */
export const shortName = (id: string): string => (id.includes("/") ? localOf(id) : id);
