import { type Clock, cancelled } from "@machinist/core";

/** Time that passes only while everybody sleeps: a day of waiting takes a test no time. */
export class VirtualClock implements Clock {
  #now: number;
  #sleepers: { at: number; wake: () => void }[] = [];
  #scheduled = false;

  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Let time pass without anyone sleeping. */
  advance(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = () => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        reject(cancelled(signal?.reason));
      };
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          signal?.removeEventListener("abort", give);
          resolve();
        },
      };
      if (signal?.aborted) return give();
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", give, { once: true });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After all promises that can go on have gone on, nobody is left but sleepers.
    setImmediate(() => {
      this.#scheduled = false;
      const next = this.#sleepers.reduce<{ at: number; wake: () => void } | undefined>(
        (first, each) => (first && first.at <= each.at ? first : each),
        undefined,
      );
      if (!next) return;
      this.#sleepers = this.#sleepers.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      if (this.#sleepers.length > 0) this.#schedule();
    });
  }
}
