import type { Clock } from "@machinist/core";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Counts requests as DigitalOcean does: each is forgotten an hour after it came, and a minute holds no more than a burst. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #limits: { readonly hour: number; readonly minute: number };
  #times: number[] = [];
  /** Requests that were refused. */
  refused = 0;
  /** The most that any minute held. */
  busiestMinute = 0;

  constructor(clock: Clock, limits: { readonly hour: number; readonly minute: number }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Let somebody else, with the same token, have sent so many, over the half hour that ended five minutes ago. */
  spend(count: number): void {
    const now = this.#clock.now();
    const others = Array.from(
      { length: count },
      (_, index) => now - 5 * MINUTE - Math.floor((index * HOUR) / 2 / count),
    );
    this.#times = [...others.reverse(), ...this.#times];
  }

  take(): boolean {
    const now = this.#clock.now();
    this.#forget(now);
    const minute = this.#times.filter((time) => time > now - MINUTE).length;
    if (this.#times.length >= this.#limits.hour || minute >= this.#limits.minute) {
      this.refused++;
      return false;
    }
    this.#times.push(now);
    this.busiestMinute = Math.max(this.busiestMinute, minute + 1);
    return true;
  }

  get remaining(): number {
    this.#forget(this.#clock.now());
    return Math.max(0, this.#limits.hour - this.#times.length);
  }

  headers(): Record<string, string> {
    const oldest = this.#times[0] ?? this.#clock.now();
    return {
      "ratelimit-limit": String(this.#limits.hour),
      "ratelimit-remaining": String(this.remaining),
      "ratelimit-reset": String(Math.ceil((oldest + HOUR) / 1000)),
    };
  }

  /** Seconds until one more is allowed. */
  retryAfter(): number {
    const now = this.#clock.now();
    const inMinute = this.#times.filter((time) => time > now - MINUTE);
    const free = inMinute.length >= this.#limits.minute ? inMinute[0]! + MINUTE : now + 1000;
    const full = this.#times.length >= this.#limits.hour ? this.#times[0]! + HOUR : free;
    return Math.max(1, Math.ceil((full - now) / 1000));
  }

  #forget(now: number): void {
    const first = this.#times.findIndex((time) => time > now - HOUR);
    this.#times = first < 0 ? [] : this.#times.slice(first);
  }
}
