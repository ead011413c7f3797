import { isFleetScope, type MachinistError, type ResourceOutcome, scopeOf, withoutUserInfo } from "@machinist/core";
import type { Failure, MachineOutcome, Outcome } from "./api.ts";

/** A failure as callers get it. */
export const failureOf = (id: string, { code, message, hint }: MachinistError): Failure => ({
  id,
  code,
  // Errors quote what they were given, and a URL may have come with a password.
  message: withoutUserInfo(message),
  ...(hint === undefined ? {} : { hint: withoutUserInfo(hint) }),
});

const changes = new Set(["created", "updated", "replaced", "deleted"]);

/** Sum up what became of the resources, per machine. `removed`: the machines that are gone altogether. */
export function outcomeOf(
  outcomes: readonly ResourceOutcome[],
  machines: readonly string[],
  options: { removed?: ReadonlySet<string>; urls?: ReadonlyMap<string, string>; startedAt: number },
): Outcome {
  const perMachine = machines.map((name): MachineOutcome => {
    const own = outcomes.filter((outcome) => scopeOf(outcome.id) === name);
    const url = options.urls?.get(name);
    return {
      name,
      result: resultOf(own, options.removed?.has(name) ?? false),
      ...(url === undefined ? {} : { url }),
      ms: Math.max(0, ...own.map((outcome) => outcome.ms)),
    };
  });
  const failures = outcomes.flatMap(({ id, error }) =>
    error && error.code !== "cancelled" && error.code !== "blocked" ? [failureOf(id, error)] : [],
  );
  const changed = outcomes.filter((outcome) => changes.has(outcome.change));
  const cancelled = outcomes.some((outcome) => outcome.change === "cancelled");
  return {
    ok: !cancelled && outcomes.every((outcome) => !outcome.error),
    cancelled,
    changed: changed.length,
    ...sharedOf(changed.filter(({ id }) => isFleetScope(scopeOf(id))).length),
    machines: perMachine,
    failures,
    ms: Date.now() - options.startedAt,
  };
}

const sharedOf = (shared: number) => (shared === 0 ? {} : { shared });

function resultOf(own: readonly ResourceOutcome[], removed: boolean): MachineOutcome["result"] {
  if (own.some((outcome) => outcome.error)) return "failed";
  if (removed) return "removed";
  const changed = own.filter((outcome) => changes.has(outcome.change));
  if (changed.length === 0) return "unchanged";
  return changed.length === own.length && changed.every((outcome) => outcome.change === "created")
    ? "created"
    : "changed";
}

/** An outcome made of several, for work that was done machine by machine. */
export function join(parts: readonly Outcome[], startedAt: number): Outcome {
  return {
    ok: parts.every((part) => part.ok),
    cancelled: parts.some((part) => part.cancelled),
    changed: parts.reduce((sum, part) => sum + part.changed, 0),
    ...sharedOf(parts.reduce((sum, part) => sum + (part.shared ?? 0), 0)),
    machines: parts.flatMap((part) => part.machines),
    failures: parts.flatMap((part) => part.failures),
    ms: Date.now() - startedAt,
  };
}

/** Of an operation that was asked for by name: it was done, whether or not that took a change. */
export const asDone = (outcome: Outcome): Outcome => ({
  ...outcome,
  machines: outcome.machines.map((machine) => ({ ...machine, result: "done" })),
});

/** What an operation on one machine came to that failed as a whole. */
export const failed = (machine: string, error: MachinistError, startedAt: number): Outcome => ({
  ok: false,
  cancelled: error.code === "cancelled",
  changed: 0,
  machines: [{ name: machine, result: "failed", ms: Date.now() - startedAt }],
  failures: error.code === "cancelled" ? [] : [failureOf(machine, error)],
  ms: Date.now() - startedAt,
});

/** Names of the machines among some scopes. */
export const machinesOf = (scopes: Iterable<string>): string[] => [...scopes].filter((scope) => !isFleetScope(scope));
