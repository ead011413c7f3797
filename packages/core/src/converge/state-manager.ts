import type { Data, States } from "../contract/data.ts";
import { scopeOf } from "../contract/resource.ts";
import type { SavedResource, ScopeRecord, Store } from "../contract/store.ts";
import { MachinistError } from "../error.ts";

/**
 * The records of the scopes that an operation holds, as they are now, and their way to the store. Saves of one scope
 * are done one after the other; changes made while one is under way share the next.
 */
export class StateManager {
  readonly #records = new Map<string, ScopeRecord>();
  readonly #outside: States;
  readonly #store: Store;
  readonly #saving = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();

  constructor(store: Store, records: Iterable<ScopeRecord>, outside: States = {}) {
    this.#store = store;
    this.#outside = outside;
    for (const record of records) this.#records.set(record.scope, record);
  }

  /** The time by the clock of the store, where it has one. */
  async now(): Promise<number | undefined> {
    return this.#store.now?.();
  }

  scopes(): ScopeRecord[] {
    return [...this.#records.values()];
  }

  /** Whether a resource's scope is held. */
  holds(id: string): boolean {
    return this.#records.has(scopeOf(id));
  }

  record(id: string): ScopeRecord {
    const record = this.#records.get(scopeOf(id));
    if (!record) throw new MachinistError("internal", `The scope of ${id} is not held by this operation`);
    return record;
  }

  saved(id: string): SavedResource | undefined {
    return this.#records.get(scopeOf(id))?.resources[id];
  }

  all(): SavedResource[] {
    return this.scopes().flatMap((record) => Object.values(record.resources));
  }

  /** The state of a resource of any scope, held or not; undefined while it has none. */
  state(id: string): Data | undefined {
    return this.saved(id)?.state ?? this.#outside[id];
  }

  states(ids: readonly string[]): States {
    const seen: Record<string, Data> = {};
    for (const id of ids) {
      const state = this.state(id);
      if (state) seen[id] = state;
    }
    return seen;
  }

  /** States of a machine's resources and of all shared ones, by full id. */
  statesOf(scope: string): States {
    const own = Object.values(this.#records.get(scope)?.resources ?? {});
    const seen: Record<string, Data> = { ...this.#outside };
    for (const other of this.scopes())
      if (other.scope.startsWith("@"))
        for (const { id, state } of Object.values(other.resources)) if (state) seen[id] = state;
    for (const { id, state } of own) if (state) seen[id] = state;
    return seen;
  }

  /** Take a fresh look at a resource into account, in memory only. */
  see(id: string, state: Data): void {
    const record = this.record(id);
    const saved = record.resources[id];
    if (saved) record.resources[id] = { ...saved, state };
  }

  /** Put a resource's entry in place; durable when the promise resolves. */
  put(saved: SavedResource): Promise<void> {
    const record = this.record(saved.id);
    record.lastGeneration = Math.max(record.lastGeneration, saved.generation);
    record.resources[saved.id] = saved;
    return this.#save(record.scope);
  }

  /** Drop entries, each scope in one write; durable when the promise resolves. */
  async drop(ids: readonly string[]): Promise<void> {
    const touched = new Set<string>();
    for (const id of ids) {
      delete this.record(id).resources[id];
      touched.add(scopeOf(id));
    }
    await Promise.all([...touched].map((scope) => this.#save(scope)));
  }

  #save(scope: string): Promise<void> {
    const write = () => {
      const record = this.#records.get(scope);
      return record ? this.#store.save(record) : Promise.resolve();
    };
    const current = this.#saving.get(scope);
    if (!current) {
      const entry: { running: Promise<void>; next: Promise<void> | undefined } = { running: write(), next: undefined };
      this.#saving.set(scope, entry);
      const settle = () => {
        if (!entry.next) this.#saving.delete(scope);
      };
      entry.running.then(settle, settle);
      return entry.running;
    }
    current.next ??= current.running
      .catch(() => {})
      .then(() => {
        this.#saving.delete(scope);
        return this.#save(scope);
      });
    return current.next;
  }
}
