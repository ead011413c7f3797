import {
  type Call,
  converge,
  type Data,
  type FileStore,
  localOf,
  newRecord,
  ownerTag,
  type Resource,
  type ResourceOutcome,
  type ResourceTypes,
  type ScopeRecord,
  StateManager,
  scopeOf,
} from "@machinist/core";

/** One fleet with a store of its own, over which the real loop is run. */
export class Fleet {
  readonly name: string;
  readonly #store: FileStore;
  readonly #kinds: ResourceTypes;

  constructor(store: FileStore, kinds: ResourceTypes, name = freshName()) {
    this.name = name;
    this.#store = store;
    this.#kinds = kinds;
  }

  machine(number = 1): string {
    return `${this.name}-${number}`;
  }

  async run(wanted: readonly Resource[]): Promise<readonly ResourceOutcome[]> {
    const scopes = new Set([...wanted.map(({ id }) => scopeOf(id)), ...(await this.#store.list())]);
    const records = await Promise.all(
      [...scopes].sort().map(async (scope) => (await this.#store.load(scope)) ?? newRecord(scope, this.name)),
    );
    return converge({
      wanted,
      stateManager: new StateManager(this.#store, records),
      resourceTypes: this.#kinds,
      emit: () => {},
      signal: new AbortController().signal,
    });
  }

  /** Run to the end; throws the first failure. */
  async settle(wanted: readonly Resource[]): Promise<readonly ResourceOutcome[]> {
    const outcomes = await this.run(wanted);
    const broken = outcomes.find(({ error }) => error !== undefined);
    if (broken) throw new Error(`${broken.id} ${broken.change}: ${broken.error?.message}`, { cause: broken.error });
    return outcomes;
  }

  /** The state of everything as it is now, by one look at each. */
  async look(): Promise<{ [id: string]: Data }> {
    const seen: { [id: string]: Data } = {};
    for (const { uid, resources } of await this.#records())
      for (const resource of Object.values(resources)) {
        const call = {
          ...silent,
          ...resource,
          fleet: this.name,
          owner: ownerTag(uid, localOf(resource.id), resource.generation),
        };
        const state = await this.#kinds[resource.kind]?.read({ ...call, dependencies: seen, state: resource.state });
        if (state) seen[resource.id] = state;
      }
    return seen;
  }

  async #records(): Promise<ScopeRecord[]> {
    const loaded = await Promise.all((await this.#store.list()).map((scope) => this.#store.load(scope)));
    return loaded.filter((record) => record !== undefined);
  }
}

const freshName = (): string => `f${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;

const silent: Pick<Call, "signal" | "log" | "step" | "progress"> = {
  signal: new AbortController().signal,
  log: () => {},
  step: () => {},
  progress: () => {},
};
