import { orAborted } from "./time-limit.ts";

/**
 * One attempt that many wait for: each with a signal of its own, and whoever leaves does not disturb the others. It is
 * given up when the last one has left.
 */
export class SharedAttempt<T> {
  readonly #control = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;
  #settled = false;

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#result = start(this.#control.signal);
    const settle = () => {
      this.#settled = true;
    };
    this.#result.then(settle, settle);
  }

  /** Nobody may join any more: it has ended, or all have left. */
  get over(): boolean {
    return this.#settled || this.#control.signal.aborted;
  }

  async join(signal: AbortSignal): Promise<T> {
    this.#waiting++;
    try {
      return await orAborted(this.#result, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0 && !this.#settled) this.#control.abort();
    }
  }

  abort(reason: unknown): void {
    this.#control.abort(reason);
  }
}
