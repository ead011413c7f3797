import { type Clock, cancelled, type MachinistError, systemClock, throwIfCancelled } from "@machinist/core";

export interface RateLimiterOptions {
  /** Requests a second, for as long as it takes. */
  readonly perSecond: number;
  /** How many may go at once after a quiet time. */
  readonly burst: number;
  /** Places, of those the provider says are left, that only urgent requests (deletes) may use. Default 0. */
  readonly reserve?: number;
  /** The longest common wait after refusals, in ms. Default 30 000. */
  readonly capMs?: number;
  readonly clock?: Clock;
}

/** What a provider said of its own limit, in the headers of an answer. */
export interface QuotaHeaders {
  /** Requests that are left until `resetAt`. */
  readonly remaining: number;
  /** When more are allowed again, ms since 1970. */
  readonly resetAt?: number;
}

interface Waiting {
  readonly urgent: boolean;
  readonly go: () => void;
}

/**
 * The requests that one account may send, shared by all who send them. Urgent ones go first. Who is refused for sending
 * too many makes everybody wait, twice as long each time.
 */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #clock: Clock;
  #places: number;
  #filledAt: number;
  #quietUntil = 0;
  #refusals = 0;
  #told: QuotaHeaders | undefined;
  readonly #waiting: Waiting[] = [];
  #pumping = false;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#places = options.burst;
    this.#filledAt = this.#clock.now();
  }

  /** Take a place, then send. Waits for the place as long as it takes, or until `signal` aborts. */
  async run<T>(
    work: () => Promise<T>,
    options: { readonly signal: AbortSignal; readonly urgent?: boolean },
  ): Promise<T> {
    await this.#place(options.urgent ?? false, options.signal);
    const refusals = this.#refusals;
    const result = await work();
    // What was sent before a refusal says nothing about whether it is over.
    if (refusals === this.#refusals) this.#refusals = 0;
    return result;
  }

  /** The provider told how much is left. */
  observe(told: QuotaHeaders): void {
    const resetAt = told.resetAt ?? this.#clock.now() + 1000;
    // Answers overtake each other: within one window less is the later word.
    const same = this.#told?.resetAt === resetAt;
    this.#told = { resetAt, remaining: same ? Math.min(this.#told!.remaining, told.remaining) : told.remaining };
  }

  /** The provider refused a request because there were too many: nobody sends before the wait is over. */
  throttled(error?: Pick<MachinistError, "retryAfterMs">): void {
    const { capMs = 30_000 } = this.#options;
    const now = this.#clock.now();
    // Many that were under way are refused together: that is one refusal.
    if (now >= this.#quietUntil) this.#refusals++;
    const wait = Math.min(capMs, 500 * 2 ** Math.min(this.#refusals - 1, 20));
    this.#quietUntil = Math.max(this.#quietUntil, now + Math.max(error?.retryAfterMs ?? 0, wait));
  }

  #place(urgent: boolean, signal: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(cancelled(signal.reason));
      };
      const waiting: Waiting = {
        urgent,
        go: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      const before = urgent ? this.#waiting.findIndex((each) => !each.urgent) : -1;
      this.#waiting.splice(before < 0 ? this.#waiting.length : before, 0, waiting);
      void this.#pump();
    });
  }

  /** Let those who wait go, one after the other, as places come. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
        const wait = this.#waitFor(first.urgent);
        if (wait > 0) {
          // Short sleeps: somebody urgent may come meanwhile, or the one who waits may leave.
          await this.#clock.sleep(Math.min(wait, 250));
          continue;
        }
        this.#waiting.shift();
        this.#places--;
        if (this.#told) this.#told = { ...this.#told, remaining: this.#told.remaining - 1 };
        first.go();
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** How long until one more may be sent, in ms. */
  #waitFor(urgent: boolean): number {
    const { perSecond, burst, reserve = 0 } = this.#options;
    const now = this.#clock.now();
    this.#places = Math.min(burst, this.#places + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#told?.resetAt !== undefined && now >= this.#told.resetAt) this.#told = undefined;
    const spent = this.#told !== undefined && this.#told.remaining <= (urgent ? 0 : reserve);
    const reset = spent ? (this.#told?.resetAt ?? now + 1000) - now : 0;
    const refill = this.#places >= 1 ? 0 : ((1 - this.#places) / perSecond) * 1000;
    return Math.max(this.#quietUntil - now, reset, refill, 0);
  }
}
