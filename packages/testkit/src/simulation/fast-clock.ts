import { type Clock, systemClock } from "@machinist/core";

/** Time that passes `factor` times as fast as the system's: for waits of a driver on a real, but local, counterpart. */
export class FastClock implements Clock {
  readonly factor: number;
  readonly #start = Date.now();

  constructor(factor: number) {
    this.factor = factor;
  }

  now(): number {
    return Math.round(this.#start + (Date.now() - this.#start) * this.factor);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.factor, signal);
  }
}
