import { randomBytes } from "node:crypto";
import {
  type Call,
  type Clock,
  converge,
  type Data,
  localOf,
  newRecord,
  ownerTag,
  type Resource,
  type ResourceOutcome,
  type ResourceTypes,
  StateManager,
  scopeOf,
} from "@machinist/core";
import { FakeDisk } from "../simulation/fake-store.ts";
import { CrashPoint, crashable } from "./crash-point.ts";

export interface RunOptions {
  readonly life?: CrashPoint;
  readonly signal?: AbortSignal;
  readonly replace?: boolean;
  /** Instead of the subject's own kinds. */
  readonly kinds?: ResourceTypes;
}

/** One fleet with a store of its own, over which the real loop is run: as often, and as interrupted, as a case wants. */
export class Harness {
  readonly fleet = `f${randomBytes(4).toString("hex")}`;
  readonly disk = new FakeDisk();
  readonly kinds: ResourceTypes;
  readonly #clock: Clock | undefined;

  constructor(kinds: ResourceTypes, clock?: Clock) {
    this.kinds = kinds;
    this.#clock = clock;
  }

  /** Names that no other run of a suite uses. */
  machine(number = 1): string {
    return `${this.fleet}-${number}`;
  }

  async run(wanted: readonly Resource[], options: RunOptions = {}): Promise<readonly ResourceOutcome[]> {
    const life = options.life ?? new CrashPoint();
    const store = this.disk.store(life);
    const scopes = new Set([...wanted.map(({ id }) => scopeOf(id)), ...(await store.list())]);
    const records = await Promise.all(
      [...scopes].sort().map(async (scope) => (await store.load(scope)) ?? newRecord(scope, this.fleet)),
    );
    return converge({
      wanted,
      stateManager: new StateManager(store, records),
      resourceTypes: crashable(options.kinds ?? this.kinds, life),
      emit: () => {},
      signal: options.signal ?? new AbortController().signal,
      replace: options.replace ?? false,
      ...(this.#clock ? { clock: this.#clock } : {}),
    });
  }

  /** Run to the end; throws the first failure. */
  async settle(wanted: readonly Resource[], options: RunOptions = {}): Promise<readonly ResourceOutcome[]> {
    const outcomes = await this.run(wanted, options);
    const broken =
      outcomes.find(({ error }) => error !== undefined && error.code !== "blocked") ??
      outcomes.find(({ error }) => error);
    if (broken) throw new Error(`${broken.id} ${broken.change}: ${broken.error?.message}`, { cause: broken.error });
    return outcomes;
  }

  /** The states of everything that is saved, by id. */
  async states(): Promise<{ [id: string]: Data }> {
    const states: { [id: string]: Data } = {};
    for (const text of this.disk.files.values()) {
      const record = JSON.parse(text) as ReturnType<typeof newRecord>;
      for (const { id, state } of Object.values(record.resources)) if (state) states[id] = state;
    }
    return states;
  }

  /** The states of everything as they are now, by one look at each; what is gone has none. */
  async look(): Promise<{ [id: string]: Data }> {
    const seen = await this.states();
    for (const text of this.disk.files.values()) {
      const { uid, resources } = JSON.parse(text) as ReturnType<typeof newRecord>;
      for (const resource of Object.values(resources)) {
        const call = this.call(resource, ownerTag(uid, localOf(resource.id), resource.generation));
        const state = await this.kinds[resource.kind]?.read({ ...call, dependencies: seen, state: resource.state });
        if (state) seen[resource.id] = state;
        else delete seen[resource.id];
      }
    }
    return seen;
  }

  /** Forget the states of everything, as a process that was killed right after its requests has. */
  async forgetStates(): Promise<void> {
    for (const [scope, text] of this.disk.files) {
      const record = JSON.parse(text) as ReturnType<typeof newRecord>;
      for (const [id, { state: _state, ...rest }] of Object.entries(record.resources))
        record.resources[id] = { ...rest, status: "creating" };
      this.disk.files.set(scope, JSON.stringify(record));
    }
  }

  /** The first parts of all owner tags there have been. */
  uids(): string[] {
    return [...this.disk.files.values()].map((text) => (JSON.parse(text) as ReturnType<typeof newRecord>).uid);
  }

  /** A kind's call by hand, with a mark of one's own. */
  call(resource: Resource, owner: string): Call {
    const silent = () => {};
    const { id, props } = resource;
    const signal = new AbortController().signal;
    return {
      id,
      fleet: this.fleet,
      props,
      owner,
      dependencies: {},
      signal,
      log: silent,
      step: silent,
      progress: silent,
    };
  }
}
