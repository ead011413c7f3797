/** What hooks can be told of. Each is something that has happened; with `when: before`, that is about to happen. */
export const hookEvents = [
  "machine.created",
  "machine.started",
  "machine.stopped",
  "machine.removed",
  "machine.address",
  "engine.ready",
  "swarm.joined",
  "swarm.left",
  "compose.up",
  "compose.down",
  "stack.deployed",
  "stack.removed",
  "run.started",
  "run.finished",
] as const;
export type HookEvent = (typeof hookEvents)[number];

/** Events that are known only when they have happened: nothing can be run before them. */
export const afterOnlyEvents: readonly HookEvent[] = ["machine.address", "run.finished"];

/** What a hook does. Paths are absolute. No secrets: they are named by the variables that hold them. */
export type HookAction =
  /** A program and its arguments; no shell. */
  | { readonly type: "run"; readonly argv: readonly string[] }
  /** An ES module, by path or as an npm package: its default export is called. */
  | { readonly type: "module"; readonly module: string }
  /** An image, run by this computer's docker, or by that of the `machine` named. */
  | {
      readonly type: "container";
      readonly image: string;
      readonly command?: readonly string[];
      readonly machine?: string;
    }
  /** A block with the fleet's names in the hosts file of this computer (`local`) and of machines. */
  | { readonly type: "hosts"; readonly on: readonly string[]; readonly file?: string }
  /** A file for OpenSSH's `Include`, with an entry per machine. */
  | { readonly type: "ssh-config"; readonly file?: string }
  /** A docker context per machine. */
  | { readonly type: "contexts" }
  /** A POST of the event as JSON, signed where `secretEnv` names a variable. */
  | { readonly type: "webhook"; readonly url: string; readonly secretEnv?: string };

/** Something that is done when an event happens. Plain data: kept in its fleet's record for runs without the manifest. */
export interface HookSpec {
  /** Unique in its fleet. */
  readonly name: string;
  readonly on: readonly HookEvent[];
  readonly when: "before" | "after";
  readonly action: HookAction;
  /** Deadline of one attempt, in ms. */
  readonly timeoutMs: number;
  /** How often it is tried again. */
  readonly retries: number;
  /**
   * `warn`: say so and go on. `fail`: what it was to come before is not done; what came after stays done, the run fails,
   * and the next one tries the hook again. `ignore`: go on.
   */
  readonly onFailure: "warn" | "fail" | "ignore";
  /** Where it runs: the folder of its manifest. */
  readonly folder: string;
}
