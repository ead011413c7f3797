import type { Data, States } from "./data.ts";
import type { Level, StepStatus } from "./event.ts";

/** What a {@link ResourceType} is told on every call. */
export interface Call<P extends Data = Data> {
  /** The resource's id, `SCOPE/NAME`. */
  readonly id: string;
  /** The fleet it belongs to; providers get it as a tag or label, so that orphans can be found. */
  readonly fleet: string;
  readonly props: P;
  /**
   * The owner tag that goes *into* the creating request, as idempotency token, name, tag or label: ≤ 63 of [a-z0-9-], and
   * never used for two objects.
   */
  readonly owner: string;
  /** The state of its parents and of what it comes after. One that is gone has no entry. */
  readonly dependencies: States;
  /** Aborted when the user cancels or the call's deadline passes. */
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
  readonly step: (step: string, status: StepStatus) => void;
  readonly progress: (done: number, total?: number, unit?: string) => void;
  /**
   * For a `create` that looks or waits before it sends a request which no token makes safe to repeat: note durably that
   * it goes out now. How long the new object can hide (`consistencyWindowMs`) is counted from then, not from the call's beginning.
   */
  readonly markRequestSent?: () => Promise<void>;
}

/** How one sort of resource is found, created, changed and removed. Every method may be called again after a crash. */
export interface ResourceType<P extends Data = Data, S extends Data = Data> {
  /**
   * Find it by `state`, else by `owner`. Absent is `undefined`, never an error; "could not tell" is an error, never
   * `undefined`. Changes nothing.
   */
  read(call: Call<P> & { readonly state: S | undefined }): Promise<S | undefined>;
  /** Ask for it, marked with `owner` in the same request. Do not wait for it to become ready.
   * Fails with code `owner.spent` where the tag named an object that is gone. */
  create(call: Call<P>): Promise<S>;
  /** Change it in place to `props`. Without this method a changed resource is replaced. */
  update?(call: Call<P> & { readonly state: S; readonly changed: readonly string[] }): Promise<S>;
  /**
   * Look, before a run changes anything and again right before the update, whether `update` may bring it from `state` to
   * `props`. Throws where nothing could (a disk that would shrink), also where the user agreed to replace, and where no
   * step on the way could be taken back (a Swarm that would lose its majority). Changes nothing.
   */
  check?(call: Call<P> & { readonly state: S; readonly changed: readonly string[] }): Promise<void>;
  /**
   * What else is good to know of an update before it is done, in sentences, asked of what it would change: which parts of it
   * are replaced, and what stays as it is. Only for a plan. Changes nothing.
   */
  planNotes?(call: Call<P> & { readonly state: S; readonly changed: readonly string[] }): Promise<readonly string[]>;
  /**
   * Look, before a run changes anything, whether `create` could make it, where all that it lives in and comes after is
   * there already. Throws where it could not. Changes nothing.
   */
  checkCreate?(call: Call<P>): Promise<void>;
  /** Its `checkCreate` asks nothing of what it lives in and comes after, and is asked also before that is there. */
  readonly checkCreateAlone?: boolean;
  /** Remove it. Already gone is success. */
  delete(call: Call<P> & { readonly state: S }): Promise<void>;
  /** True once its children may be created, else what ends the words "waiting for …": `it to boot`. Omitted: at once. */
  ready?(state: S, props: P): true | string;
  /**
   * Names of the props whose real value, as seen in `state`, is not the wanted one. Pure. The reconciler then calls `update`
   * (or says that it would replace). Report only what was declared: what others set beside it is not drift.
   */
  drift?(state: S, props: P): readonly string[];
  /** What an `update` from `state` to `props` would mean, told before it is done. Pure. */
  previewUpdate?(change: PlannedUpdate<P, S>): UpdatePreview;
  /**
   * Whether an update of these props interrupts it and what lives in it (a restart). Pure. Members of a rolling group in it
   * are then drained first, one after the other. Omitted: no update does; being replaced or removed always does.
   */
  interrupts?(changed: readonly string[], state: S, props: P): boolean;
  /** For members of a rolling group that are about to be removed one after the other: take on nothing new. */
  cordon?(call: Call<P> & { readonly state: S }): Promise<void>;
  /**
   * For members of a rolling group: go out of service before what it lives in is interrupted, and return once others do
   * its work. Already gone is success. Its `update` brings it back, its `ready` says when it serves again.
   */
  drain?(call: Call<P> & { readonly state: S }): Promise<void>;
  /** Props that cannot be changed in place even though there is an `update`. */
  readonly requiresReplace?: readonly string[];
  /** Props that `create` alone looks at: that they differ afterwards is no change. */
  readonly createOnly?: readonly string[];
  /** Props (and what `drift` reports) whose change in place stops the machine for a while: the plan says so. */
  readonly requiresRestart?: readonly string[];
  /** How long a new object can hide from `read`, in ms; no absence is believed sooner. Default 0. */
  readonly consistencyWindowMs?: number;
  /** How long it may take to become ready, in ms. Default 5 minutes. */
  readonly readyTimeoutMs?: number;
  /** How long one call may take, in ms; then its signal is aborted and it is given up. Default 20 minutes. */
  readonly callTimeoutMs?: number;
  /** How often to look while waiting, in ms. Default 1000. */
  readonly pollIntervalMs?: number;
  /**
   * How many calls of this kind may be under way at once, beside those of others. For a kind that gathers the calls of
   * many resources into few requests. Default: they share the places of the run.
   */
  readonly concurrency?: number;
  /**
   * Names of the props that say which service is asked, and so is sent the user's credentials; empty where none is. In a file
   * that somebody exported they must be what this computer's own settings come to. Omitted: such a file is taken only from
   * somebody whom the user trusts with this driver.
   */
  readonly endpointProps?: readonly string[];
  /** Names of the props that name machines which it works on. In an exported file they are machines of that file. */
  readonly machineProps?: readonly string[];
  /** Names of the props that name files or variables of this computer. From a file that somebody exported they are not taken. */
  readonly localProps?: readonly string[];
  /** It ends with its parents: when all of them are destroyed, it is forgotten without a `delete` of its own. */
  readonly deletedWithParent?: boolean;
  /**
   * Its `delete` is believed: once that has returned, the object counts as gone without another look, and nothing is looked at
   * before it either. For what answers wrongly, or not at all, about an object that is gone. Nothing else weakens the rule that
   * a record is dropped only after the object was seen to be gone.
   */
  readonly deleteIsFinal?: true;
  /** Its `delete` only lets go: what it stands for (a user's own host) goes on, so nothing on it dies with it. */
  readonly retainOnDelete?: boolean;
  /**
   * What its `delete` takes from the user for good, in a few words, as they follow `Remove`: `stack web`. A run that
   * decides by itself to remove it asks first. Pure. Omitted: nothing that anybody would miss. Machines are asked about
   * as such, with all that lives in them.
   */
  loss?(what: Pick<Call<P>, "id" | "fleet" | "props">): string;
}

/** An update that is not done yet. `changed` is what `update` would be told. */
export interface PlannedUpdate<P extends Data = Data, S extends Data = Data> {
  readonly state: S;
  readonly props: P;
  readonly changed: readonly string[];
}

export interface UpdatePreview {
  /** How it is applied, in a few words: `reload (containers untouched)`. */
  readonly how?: string;
  /** Why it cannot be done, a sentence; `update` then fails before it changes anything. */
  readonly refused?: string;
  /** The error code that `update` then fails with. */
  readonly code?: string;
  /** What else is good to know before, in sentences. */
  readonly notes?: readonly string[];
  /** Real values as seen, by the names that `drift` uses. `null`: it is not set. */
  readonly actual?: Data;
}

/** The resource types that a package contributes, by name. */
export type ResourceTypes = { readonly [kind: string]: AnyResourceType };

/**
 * One whose props and state types are its own business. The reconciler hands each only what that one returned or
 * what its package planned, so the types meet again inside.
 */
// biome-ignore lint/suspicious/noExplicitAny: ResourceType is invariant in P and S; no other type accepts them all.
export type AnyResourceType = ResourceType<any, any>;
