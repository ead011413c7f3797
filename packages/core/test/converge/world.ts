import {
  type ConvergeInput,
  converge,
  type EventBody,
  newRecord,
  type PlanInput,
  planChanges,
  type Resource,
  type ResourceChange,
  type ResourceOutcome,
  type ResourceTypes,
  type ScopeRecord,
  StateManager,
  scopeOf,
} from "@machinist/core";
import { FakeCloud, FakeDisk, type FakeKind, seeded, VirtualClock } from "@machinist/testkit";

export const resource = (
  id: string,
  kind: string,
  parents: readonly string[] = [],
  more: Partial<Pick<Resource, "props" | "after">> = {},
): Resource => ({ id, kind, props: {}, parents, ...more });

/** A cloud, a disk and a clock; each run of the reconciler over them is a process of its own. */
export class World {
  readonly clock = new VirtualClock();
  readonly disk = new FakeDisk();
  readonly cloud: FakeCloud;
  readonly events: EventBody[] = [];
  readonly kinds: ResourceTypes;
  readonly store = this.disk.store({ step: () => {} });

  constructor(
    sorts: { readonly [kind: string]: FakeKind },
    options: { lagMs?: number; wrap?: (kinds: ResourceTypes) => ResourceTypes } = {},
  ) {
    this.cloud = new FakeCloud({ clock: this.clock, random: seeded(7), lagMs: options.lagMs ?? 0 });
    const alive = { step: () => {} };
    const kinds = Object.fromEntries(
      Object.entries(sorts).map(([name, like]) => [name, this.cloud.kind(name, like, alive)]),
    );
    this.kinds = options.wrap?.(kinds) ?? kinds;
  }

  /** The records of all scopes that are or should be there. */
  async records(wanted: readonly Resource[]): Promise<ScopeRecord[]> {
    const scopes = new Set([...wanted.map(({ id }) => scopeOf(id)), ...(await this.store.list())]);
    return Promise.all([...scopes].sort().map(async (each) => (await this.store.load(each)) ?? newRecord(each, "f")));
  }

  /** Run the reconciler to its end; outcomes by id. */
  async converge(wanted: readonly Resource[], more: Partial<ConvergeInput> = {}): Promise<Outcomes> {
    this.events.length = 0;
    const outcomes = await converge({
      wanted,
      stateManager: new StateManager(this.store, await this.records(wanted)),
      resourceTypes: this.kinds,
      emit: (event) => this.events.push(event),
      signal: new AbortController().signal,
      clock: this.clock,
      random: () => 0.5,
      ...more,
    });
    return new Outcomes(outcomes);
  }

  async plan(wanted: readonly Resource[], more: Partial<PlanInput> = {}): Promise<{ [id: string]: ResourceChange }> {
    const { kinds, clock } = this;
    const signal = new AbortController().signal;
    const changes = await planChanges({
      wanted,
      records: await this.records(wanted),
      resourceTypes: kinds,
      signal,
      clock,
      ...more,
    });
    return Object.fromEntries(changes.map((change) => [change.id, change]));
  }

  /** Requests answered since the last call, by name. */
  requests(): { [name: string]: number } {
    const counted = Object.fromEntries(this.cloud.requests);
    this.cloud.requests.clear();
    return counted;
  }

  /** What was said about one resource, in order. */
  statuses(id: string): string[] {
    return this.events.flatMap((event) => {
      if (!("id" in event) || event.id !== id) return [];
      if (event.type === "resource") return [event.status];
      return event.type === "failed" ? ["failed"] : [];
    });
  }

  async saved(id: string) {
    return (await this.store.load(scopeOf(id)))?.resources[id];
  }
}

export class Outcomes {
  readonly all: readonly ResourceOutcome[];
  constructor(all: readonly ResourceOutcome[]) {
    this.all = all;
  }
  of(id: string): ResourceOutcome {
    const found = this.all.find((each) => each.id === id);
    if (!found) throw new Error(`no outcome of ${id}`);
    return found;
  }
  changes(): { [id: string]: string } {
    return Object.fromEntries(this.all.map(({ id, change }) => [id, change]));
  }
}

/** Kinds whose calls are seen, and may be held up or fail, before they reach the cloud. */
export const watched =
  (on: (request: string, id: string) => void | Promise<void>) =>
  (kinds: ResourceTypes): ResourceTypes =>
    Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => {
        const { update } = kind;
        return [
          name,
          {
            ...kind,
            read: async (call) => {
              await on(`${name}.read`, call.id);
              return kind.read(call);
            },
            create: async (call) => {
              await on(`${name}.create`, call.id);
              return kind.create(call);
            },
            delete: async (call) => {
              await on(`${name}.delete`, call.id);
              return kind.delete(call);
            },
            ...(update && {
              update: async (call: Parameters<typeof update>[0]) => {
                await on(`${name}.update`, call.id);
                return update(call);
              },
            }),
          } satisfies ResourceTypes[string],
        ];
      }),
    );
