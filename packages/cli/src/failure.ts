/** 0 done · 1 failed · 2 wrong use · 3 a check before creation failed, nothing was made · 130 stopped by Ctrl-C. */
export const exitCodes = { done: 0, failed: 1, usage: 2, check: 3, interrupted: 130 } as const;

/** A thrown value as what a user is told about it. */
export interface UserError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** A driver's check before anything was made. */
  readonly check?: boolean;
  /** For `--debug` only. */
  readonly stack?: string;
}

/**
 * Recognised by shape, not by class: a driver package may bring its own copy of core, whose errors are instances of
 * another class of the same shape.
 */
export function told(thrown: unknown): UserError {
  if (!(thrown instanceof Error)) return { code: "internal", message: String(thrown), hint: bug };
  const { code, hint, stage } = thrown as { code?: unknown; hint?: unknown; stage?: unknown };
  const stack = withCauses(thrown);
  if (thrown.name === "AbortError") return { code: "cancelled", message: "Stopped", stack };
  if (typeof code === "string" && "retryable" in thrown)
    return {
      code,
      message: thrown.message,
      stack,
      ...(typeof hint === "string" && { hint }),
      ...(stage === "check" && { check: true }),
    };
  return { code: "internal", message: thrown.message || thrown.name, hint: bug, stack };
}

const bug = "This is a bug in machinist. Run the command again with --debug and report what it prints.";

function withCauses(error: Error): string {
  const lines = [error.stack ?? error.message];
  for (let cause = error.cause, depth = 0; cause !== undefined && depth < 8; depth++) {
    lines.push(`caused by: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join("\n");
}

/** The exit code of a command that threw. */
export function codeOfThrown({ code, check }: UserError): number {
  if (code === "cancelled") return exitCodes.interrupted;
  if (check) return exitCodes.check;
  return code === "driver.unknown" || /^(usage|options|manifest)\./.test(code) ? exitCodes.usage : exitCodes.failed;
}

/** The exit code of an operation that came to an end. */
export function codeOfOutcome({ ok, cancelled }: { readonly ok: boolean; readonly cancelled: boolean }): number {
  if (cancelled) return exitCodes.interrupted;
  return ok ? exitCodes.done : exitCodes.failed;
}
