import { asMachinistError } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import type { Notice } from "../state/state.ts";

const done: { readonly [action: string]: string } = {
  start: "Started",
  stop: "Stopped",
  restart: "Restarted",
  kill: "Killed",
  remove: "Removed",
  create: "Created",
  up: "Brought up",
};

/** What an operation came to, in a sentence. */
export function outcomeNotice(action: string, names: string, outcome: Outcome): Notice {
  const [first] = outcome.failures;
  if (first !== undefined) {
    const more = outcome.failures.length > 1 ? `; and ${outcome.failures.length - 1} more` : "";
    const text = `${first.id}: ${first.message} (${first.code})${more}`;
    return { level: "error", text, ...(first.hint === undefined ? {} : { hint: first.hint }) };
  }
  if (outcome.cancelled) return { level: "warn", text: `${action} ${names}: stopped; what is done stays done` };
  return { level: "info", text: `${done[action] ?? `${action}:`} ${names} in ${(outcome.ms / 1000).toFixed(1)} s` };
}

/** What was thrown, as it is told. */
export function noticeOf(thrown: unknown): Notice {
  const { message, hint } = asMachinistError(thrown);
  return { level: "error", text: message, ...(hint === undefined ? {} : { hint }) };
}
