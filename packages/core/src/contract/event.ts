/** How much a message matters. */
export type Level = "debug" | "info" | "warn" | "error";

/** What is happening to a resource. Every run of statuses ends with `unchanged`, `ready`, `deleted`, `failed` or `blocked`. */
export type ResourceStatus =
  | "reading"
  | "creating"
  | "waiting"
  | "updating"
  | "replacing"
  | "deleting"
  | "retrying"
  | "unchanged"
  | "ready"
  | "deleted"
  | "blocked";

/** What is happening to one step of a recipe on a host. */
export type StepStatus = "checking" | "applying" | "applied" | "unchanged" | "failed";

/** Plain facts about a run, in order; no colour, no layout. `at` is ms since 1970. */
export type Event = { readonly at: number } & EventBody;

export type EventBody = ResourceEvent | StepEvent | ProgressEvent | LogEvent | FailedEvent | PowerEvent | RunEvent;

/** `id` is a resource id, `SCOPE/NAME`. */
export interface ResourceEvent {
  readonly type: "resource";
  readonly id: string;
  readonly kind: string;
  readonly status: ResourceStatus;
  /** What is waited for, retried after, or blocked by, in a few words. */
  readonly detail?: string;
}
export interface StepEvent {
  readonly type: "step";
  readonly id: string;
  readonly step: string;
  readonly status: StepStatus;
}
export interface ProgressEvent {
  readonly type: "progress";
  readonly id: string;
  readonly done: number;
  readonly total?: number;
  /** What is counted, for example "bytes". */
  readonly unit?: string;
}
export interface LogEvent {
  readonly type: "log";
  /** A resource id, a machine's name, or empty for the run itself. */
  readonly id: string;
  readonly level: Level;
  readonly message: string;
}
export interface FailedEvent {
  readonly type: "failed";
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
export interface PowerEvent {
  readonly type: "power";
  readonly machine: string;
  readonly action: string;
  readonly status: "requested" | "done";
}
/** `run` events open and close an operation: what it is, and what it is about. */
export interface RunEvent {
  readonly type: "run";
  readonly action: string;
  readonly status: "started" | "finished" | "failed" | "cancelled";
  readonly fleet?: string;
  readonly machines?: readonly string[];
}

export type Emit = (event: EventBody) => void;
