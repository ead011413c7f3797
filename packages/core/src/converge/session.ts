import { setMaxListeners } from "node:events";
import { type Clock, cancelled, throwIfCancelled } from "../clock.ts";
import type { Data } from "../contract/data.ts";
import type { Emit, ResourceStatus } from "../contract/event.ts";
import { localOf, type Resource } from "../contract/resource.ts";
import type { AnyResourceType, Call, ResourceTypes } from "../contract/resource-type.ts";
import type { SavedResource } from "../contract/store.ts";
import { MachinistError } from "../error.ts";
import { prerequisites } from "../graph.ts";
import { createLimit } from "../limit.ts";
import { ownerTag } from "../record.ts";
import { type RetryPolicy, retry } from "../retry.ts";
import type { StateManager } from "./state-manager.ts";
import { within } from "./within.ts";

export interface SessionOptions {
  readonly stateManager: StateManager;
  readonly resourceTypes: ResourceTypes;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  readonly retry: RetryPolicy;
  readonly random: () => number;
  /** By resource id: props to be applied once more though nothing differs. */
  readonly again?: ReadonlyMap<string, readonly string[]>;
}

/** What all parts of one run of the reconciler share: how kinds are called, and how the run is told about. */
export class Session {
  readonly stateManager: StateManager;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly again: ReadonlyMap<string, readonly string[]>;
  readonly #options: SessionOptions;
  /** How far the store's clock is ahead of this run's, which does not jump. */
  #ahead: Promise<number | undefined> | undefined;
  /** Places of the kinds that have their own. */
  readonly #limits = new Map<string, SessionOptions["limit"]>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.stateManager = options.stateManager;
    this.clock = options.clock;
    // Whoever waits listens to it, and Node warns of more than ten: the caller's own signal is left as it is.
    this.signal = AbortSignal.any([options.signal]);
    setMaxListeners(0, this.signal);
    this.again = options.again ?? new Map();
  }

  /** What time it is by the store's clock; by this run's own where that cannot be read. */
  async storeTime(): Promise<number> {
    return this.clock.now() + ((await this.#lead()) ?? 0);
  }

  /**
   * How long before `at`, a time of this run's clock, a resource's request was announced, in ms; 0 where that cannot
   * be told.
   */
  async sinceAnnounced({ intentAt }: SavedResource, at: number): Promise<number> {
    const ahead = await this.#lead();
    return ahead === undefined ? 0 : at + ahead - intentAt;
  }

  #lead(): Promise<number | undefined> {
    this.#ahead ??= this.stateManager.now().then(
      (now) => (now === undefined ? 0 : now - this.clock.now()),
      () => undefined,
    );
    return this.#ahead;
  }

  /** The kind of a resource, where anything here knows it. */
  known({ kind }: Pick<Resource, "kind">): AnyResourceType | undefined {
    return this.#options.resourceTypes[kind];
  }

  kind(resource: Pick<Resource, "id" | "kind">): AnyResourceType {
    const kind = this.known(resource);
    if (!kind)
      throw new MachinistError("kind.unknown", `Nothing here knows how to manage ${resource.id} (${resource.kind})`, {
        hint: "Install the package of the driver it was made with",
      });
    return kind;
  }

  /** The facts a kind is told about a resource, in the generation given. */
  #call(resource: Resource, generation: number, signal: AbortSignal): Call {
    const { emit } = this.#options;
    const { id } = resource;
    const record = this.stateManager.record(id);
    return {
      id,
      fleet: record.fleet,
      props: resource.props,
      owner: ownerTag(record.uid, localOf(id), generation),
      dependencies: this.stateManager.states(prerequisites(resource)),
      signal,
      log: (message, level = "info") => emit({ type: "log", id, level, message }),
      step: (step, status) => emit({ type: "step", id, step, status }),
      progress: (done, total, unit) =>
        emit({
          type: "progress",
          id,
          done,
          ...(total === undefined ? {} : { total }),
          ...(unit === undefined ? {} : { unit }),
        }),
    };
  }

  status(resource: Pick<Resource, "id" | "kind">, status: ResourceStatus, detail?: string): void {
    const { id, kind } = resource;
    this.#options.emit({ type: "resource", id, kind, status, ...(detail === undefined ? {} : { detail }) });
  }

  log(id: string, message: string): void {
    this.#options.emit({ type: "log", id, level: "warn", message });
  }

  #limitOf({ kind: name }: Pick<Resource, "kind">, places: number | undefined): SessionOptions["limit"] {
    if (places === undefined) return this.#options.limit;
    const known = this.#limits.get(name) ?? createLimit(places);
    this.#limits.set(name, known);
    return known;
  }

  /** One request to a kind, within the limit on parallel work and within the time that one call may take. */
  ask<T>(resource: Resource, generation: number, work: (call: Call) => Promise<T>): Promise<T> {
    const { callTimeoutMs = 1_200_000, concurrency } = this.kind(resource);
    return this.#limitOf(
      resource,
      concurrency,
    )(async () => {
      throwIfCancelled(this.signal);
      try {
        return await within(callTimeoutMs, this.signal, resource.id, (signal) =>
          work(this.#call(resource, generation, signal)),
        );
      } catch (thrown) {
        // Who cancels may give any reason, and kinds throw it as it is.
        throw this.signal.aborted && thrown === this.signal.reason ? cancelled(thrown) : thrown;
      }
    });
  }

  /** Try again while the failure is one that may pass. `work` takes its own places within the limit, by {@link ask}. */
  retrying<T>(resource: Pick<Resource, "id" | "kind">, work: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#options;
    return retry(work, {
      policy: this.#options.retry,
      clock,
      signal: this.signal,
      random,
      onRetry: (error, wait) => this.status(resource, "retrying", `${error.message}; again in ${seconds(wait)}`),
    });
  }

  /** One request that may safely be repeated. */
  askAgain<T>(resource: Resource, generation: number, work: (call: Call) => Promise<T>): Promise<T> {
    return this.retrying(resource, () => this.ask(resource, generation, work));
  }

  /** What is there now: one look, believed only when it shows something. */
  read(resource: Resource, generation: number, state: Data | undefined): Promise<Data | undefined> {
    const kind = this.kind(resource);
    return this.askAgain(resource, generation, (call) => kind.read({ ...call, state }));
  }
}

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
