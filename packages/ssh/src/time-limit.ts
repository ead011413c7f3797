import { isMachinistError, MachinistError } from "@machinist/core";

/** A signal that ends with the caller's or after a time; its reason is always a MachinistError. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** To be called when what was limited is over. */
  end(): void;
}

export function timeLimit(parent: AbortSignal | undefined, ms: number, tooLate: () => MachinistError): TimeLimit {
  const controller = new AbortController();
  const onParent = () => controller.abort(cancellation(parent!));
  if (parent?.aborted) onParent();
  else parent?.addEventListener("abort", onParent, { once: true });
  // Node fires at once for more than 2^31-1 ms.
  const timer = setTimeout(() => controller.abort(tooLate()), Math.min(ms, 2_147_483_647));
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", onParent);
    },
  };
}

/** Why a signal was aborted, as an error of ours. */
export function cancellation(signal: AbortSignal): MachinistError {
  if (isMachinistError(signal.reason)) return signal.reason;
  return new MachinistError("cancelled", "The operation was cancelled", { cause: signal.reason });
}

/** The promise's result, or the signal's reason if that comes first; the promise itself goes on. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(cancellation(signal));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
