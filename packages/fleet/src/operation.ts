import {
  type ConvergeInput,
  converge,
  type Data,
  type Driver,
  type Emit,
  type EventBody,
  isFleetScope,
  type Lock,
  prerequisites,
  type Resource,
  type ResourceOutcome,
  type ResourceTypes,
  type ScopeRecord,
  StateManager,
  type States,
  scopeOf,
} from "@machinist/core";
import { Services } from "./services.ts";
import { savedStates, type Workspace } from "./workspace.ts";

type ConvergeOptions = Pick<ConvergeInput, "replace" | "again" | "untouched" | "turns" | "abandon" | "lost">;

/** First parts of the names of kinds that are no driver's. */
const ownKinds = new Set(["docker", "swarm", "compose"]);

/**
 * One piece of work on some scopes: holds their locks, has their records in hand, and knows how to reach their
 * machines. Ends with {@link close}.
 */
export class Operation {
  readonly services: Services;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly #workspace: Workspace;
  readonly #locks = new Map<string, Lock>();
  readonly #records = new Map<string, ScopeRecord>();
  #ledger: StateManager | undefined;
  #outside: States = {};
  readonly #seen: Record<string, Data> = {};

  /** `sshWaitMs`: how long to wait for a machine whose SSH does not answer; see {@link Services}. */
  constructor(workspace: Workspace, emit: Emit, signal: AbortSignal, sshWaitMs?: number) {
    this.#workspace = workspace;
    this.emit = emit;
    this.signal = signal;
    this.services = new Services(
      workspace,
      (scope) => this.#locate(scope),
      (id, message, level) => emit({ type: "log", id, level, message }),
      sshWaitMs,
    );
  }

  /** Take scopes for this process. Throws `store.locked`; what was taken before stays until {@link close}. */
  async lock(scopes: Iterable<string>, waitMs = this.#workspace.lockWaitMs): Promise<void> {
    const { store, run } = this.#workspace;
    const options = { waitMs, signal: this.signal, ...(run ? { command: run.action } : {}) };
    for (const scope of [...scopes].sort())
      if (!this.#locks.has(scope)) this.#locks.set(scope, await store.lock(scope, options));
  }

  async unlock(scope: string): Promise<void> {
    await this.#locks.get(scope)?.release();
    this.#locks.delete(scope);
  }

  async load(scope: string): Promise<ScopeRecord | undefined> {
    const { store } = this.#workspace;
    const record = await store.load(scope);
    if (!record) return undefined;
    this.#records.set(scope, record);
    // Whoever works on docker-machine's machine makes it ours first, so that no secret stays in its file.
    if (store.isForeign(scope) && this.#locks.has(scope)) await store.save(record);
    return record;
  }

  /** Put a record in place before its resources are made. */
  async hold(record: ScopeRecord): Promise<void> {
    this.#records.set(record.scope, record);
    await this.#workspace.store.save(record);
  }

  /** Take a state into account that was just read and is not recorded: a machine is found at its present address. */
  see(id: string, state: Data): void {
    this.#seen[id] = state;
  }

  record(scope: string): ScopeRecord | undefined {
    return this.#records.get(scope);
  }

  /** Run the reconciler over held scopes; resources of theirs that are not wanted are removed. */
  async converge(scopes: readonly string[], wanted: readonly Resource[], options: ConvergeOptions = {}) {
    const records = scopes.flatMap((scope) => this.#records.get(scope) ?? []);
    this.#outside = await this.#statesBeyond(records);
    this.#ledger = new StateManager(this.#workspace.store, records, this.#outside);
    const kinds = await this.kinds(records, wanted);
    const emit = (event: EventBody) => this.emit(event);
    const kept = (id: string) => options.untouched?.has(id) ?? false;
    const attended = await this.#workspace.run?.attend({ records, wanted, resourceTypes: kinds, kept }, emit);
    const outcomes = await converge({
      wanted,
      stateManager: this.#ledger,
      resourceTypes: attended?.resourceTypes ?? kinds,
      emit: attended?.emit ?? emit,
      signal: this.signal,
      outside: this.#outside,
      concurrency: this.#workspace.concurrency,
      replace: options.replace ?? false,
      ...(options.abandon ? { abandon: true } : {}),
      ...(options.lost ? { lost: options.lost } : {}),
      ...(options.again ? { again: options.again } : {}),
      ...(options.turns ? { turns: options.turns } : {}),
      ...(options.untouched ? { untouched: options.untouched } : {}),
    });
    await attended?.finish();
    return outcomes;
  }

  /** What is needed to manage what some records hold and what is wanted. */
  async kinds(
    records: readonly ScopeRecord[],
    wanted: readonly Resource[],
    drivers: readonly Driver[] = [],
  ): Promise<ResourceTypes> {
    const held = records.flatMap((record) => Object.values(record.resources));
    return this.services.kinds(
      [...(await this.drivers(records)), ...drivers],
      [...held, ...wanted].map((resource) => resource.kind),
    );
  }

  /**
   * The drivers of what some records hold: a driver's kinds bear its name, so that what machines shared is still known
   * when the last of them is gone.
   */
  async drivers(records: readonly ScopeRecord[]): Promise<Driver[]> {
    const held = records.flatMap((record) => Object.values(record.resources));
    const names = new Set([
      ...[...records, ...this.#records.values()].flatMap((record) => record.machine?.driver ?? []),
      ...held.map(({ kind }) => kind.slice(0, kind.indexOf("."))).filter((name) => !ownKinds.has(name)),
    ]);
    return Promise.all([...names].map((name) => this.#workspace.drivers.driver(name)));
  }

  async close(): Promise<void> {
    await this.services.close();
    await Promise.all([...this.#locks.values()].map((lock) => lock.release()));
    this.#locks.clear();
  }

  /**
   * States of the fleets that the records' machines belong to, and of the machines that what fleets share needs, where
   * these are not held themselves.
   */
  async #statesBeyond(records: readonly ScopeRecord[]): Promise<States> {
    const held = new Set(records.map((record) => record.scope));
    const needed = records
      .filter(({ scope }) => isFleetScope(scope))
      .flatMap(({ resources }) => Object.values(resources).flatMap(prerequisites).map(scopeOf));
    const beyond = new Set([...records.map((record) => `@${record.fleet}`), ...needed]);
    const shared = await Promise.all(
      [...beyond].filter((scope) => !held.has(scope)).map((scope) => this.#workspace.store.load(scope)),
    );
    return Object.assign({}, ...shared.map((record) => savedStates(record))) as States;
  }

  async #locate(scope: string): Promise<{ record: ScopeRecord; states: States } | undefined> {
    const held = this.#ledger?.scopes().find((record) => record.scope === scope) ?? this.#records.get(scope);
    if (held && this.#ledger) return { record: held, states: this.#ledger.statesOf(scope) };
    const record = held ?? (await this.#workspace.store.load(scope));
    return record && { record, states: { ...(await this.#workspace.states(record)), ...this.#seen } };
  }
}

/** Whether an operation's resources all came out. */
export const broken = (outcomes: readonly ResourceOutcome[]): boolean => outcomes.some((outcome) => outcome.error);
