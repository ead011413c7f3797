export interface ErrorDetails {
  /** What to do about it: a sentence, best with the command to type. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** The same request may succeed later: throttled, overloaded, cut off. */
  readonly retryable?: boolean;
  /** The least time to wait before a retry, in ms, when the other side said so. */
  readonly retryAfterMs?: number;
}

/** The same symbol in every copy of this package. */
const mark: unique symbol = Symbol.for("@machinist/core.error");

/**
 * Every failure a user can meet. `code` is `area.what`, stable and documented; `message` is one sentence with a full
 * stop left out; `hint` says how to go on. Secrets are in none of them.
 */
export class MachinistError extends Error {
  override readonly name = "MachinistError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }

  get [mark](): true {
    return true;
  }
}

/**
 * Whether this is one of ours, also from another copy of this package: a program and the driver that it finds in the
 * folder one works in bring a class each, for which `instanceof` is false.
 */
export const isMachinistError = (thrown: unknown): thrown is MachinistError =>
  thrown instanceof Error && mark in thrown;

/**
 * The code a kind's `create` fails with when its owner tag already named an object which is gone (a provider's
 * idempotency token of a terminated instance, say): the reconciler asks again with a new mark.
 */
export const ownerSpent = "owner.spent";

/** Any thrown value as a MachinistError; what is not one becomes `internal`, which is always a bug of ours. */
export function asMachinistError(thrown: unknown): MachinistError {
  if (isMachinistError(thrown)) return thrown;
  if (thrown instanceof Error && thrown.name === "AbortError")
    return new MachinistError("cancelled", "The operation was cancelled", { cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new MachinistError("internal", message, {
    cause: thrown,
    hint: "This is a bug in machinist; please report it.",
  });
}
