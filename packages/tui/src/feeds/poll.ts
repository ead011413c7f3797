import { asMachinistError, MachinistError } from "@machinist/core";

export interface PollOptions {
  /** ms between the end of one question and the next; asked again each time. */
  readonly everyMs: () => number;
  /** After so long an answer is not waited for any more. */
  readonly deadlineMs: number;
  /** After failures the pause doubles each time, up to this. */
  readonly mostMs: number;
  /** Shared by many polls: how many of them may ask at once. */
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  readonly ask: (signal: AbortSignal) => Promise<void>;
  readonly failed: (error: MachinistError) => void;
}

/** Asks again and again, never twice at once. One that does not answer is asked ever more seldom and holds up nobody. */
export class Poll {
  readonly #options: PollOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  /** Somebody wants an answer that is newer than the one under way. */
  #again = false;
  #failures = 0;

  constructor(options: PollOptions) {
    this.#options = options;
  }

  /** Ask without waiting for the turn, or right after the question under way. */
  now(): void {
    if (this.#asking) this.#again = true;
    else void this.#turn();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    clearTimeout(this.#timer);
    this.#asking = true;
    this.#again = false;
    try {
      await this.#options.limit(() => this.#ask());
      this.#failures = 0;
    } catch (thrown) {
      if (!this.#stop.signal.aborted) this.#options.failed(asMachinistError(thrown));
      this.#failures++;
    }
    this.#asking = false;
    if (this.#stop.signal.aborted) return;
    const pause = Math.min(this.#options.mostMs, this.#options.everyMs() * 2 ** Math.min(this.#failures, 10));
    this.#timer = setTimeout(() => void this.#turn(), this.#again ? 0 : pause);
    this.#timer.unref();
  }

  /** Whoever is asked may not listen to the signal: the deadline holds all the same. */
  async #ask(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { deadlineMs, ask } = this.#options;
    const late = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, late.signal]);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new MachinistError("dashboard.late", `No answer within ${deadlineMs / 1000} s`, {
            retryable: true,
            hint: "It is asked again by itself; R asks now",
          }),
        );
        late.abort();
      }, deadlineMs);
    });
    try {
      await Promise.race([ask(signal), deadline]);
    } finally {
      clearTimeout(timer);
    }
  }
}
