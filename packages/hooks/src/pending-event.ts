import { type HookEvent, isFleetScope, scopeOf } from "@machinist/core";
import type { HookMachine, HookNotification } from "./payload.ts";

/** An event that may come true in this run, or has. Plain data: it is kept until its hooks have been told. */
export interface PendingEvent {
  /** Tells it from others of its run, and its delivery from a repetition. */
  readonly key: string;
  readonly event: HookEvent;
  readonly fleet: string;
  readonly machine?: string;
  readonly resource?: string;
  /** It is true when all these resources are there, or all are gone. Absent: whoever announced it says when. */
  readonly until?: { readonly state: "there" | "gone"; readonly ids: readonly string[] };
  /** What was known of the machine then: of one that is removed nothing is known later. */
  readonly before?: HookMachine;
  readonly run?: { readonly action: string; readonly status?: string };
  /** When it came true, ms since 1970. */
  readonly dueAt?: number;
  readonly resumed?: boolean;
}

/** What hooks are told of it. `machine`: as its record tells it now. */
export function notificationOf(
  occurrence: PendingEvent,
  machine: HookMachine | undefined,
  run: string,
): HookNotification {
  const { event, fleet, before, resource, key } = occurrence;
  const told = machine ?? before;
  return {
    event,
    phase: "after",
    delivery: deliveryOf(run, key),
    at: occurrence.dueAt ?? Date.now(),
    fleet,
    ...(told ? { machine: told } : {}),
    ...(resource === undefined ? {} : { resource }),
    ...(event === "machine.address" && before?.address !== undefined ? { addressBefore: before.address } : {}),
    ...(occurrence.run ? { run: occurrence.run } : {}),
    ...(occurrence.resumed ? { resumed: true } : {}),
  };
}

/** The same for every try, in this run and in those that resume it: an adopted key bears its run already. */
const deliveryOf = (run: string, key: string): string => (key.startsWith(`${run}:`) ? key : `${run}:${key}`);

/** The machine that a resource or machine is of; none for what belongs to a fleet. */
export function machineOf(subject: string): string | undefined {
  const scope = subject.includes("/") ? scopeOf(subject) : subject;
  return isFleetScope(scope) ? undefined : scope;
}
