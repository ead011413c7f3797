import { cancellation } from "./time-limit.ts";

/** How many sessions may be open on one connection; the others wait in line. */
export class ChannelSlots {
  #limit: number;
  #used = 0;
  readonly #line: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Resolves to a function that gives the slot back; calling that twice does no harm. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw cancellation(signal);
    if (this.#used < this.#limit) this.#used++;
    else await this.#wait(signal);
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      const next = this.#used <= this.#limit ? this.#line.shift() : undefined;
      if (next === undefined) this.#used--;
      else next(); // The slot changes hands, so that nobody can slip in between.
    };
  }

  /** The server opens fewer than we believed: keep to what is open now, without the one that was refused. */
  shrink(): void {
    this.#limit = Math.max(1, Math.min(this.#limit, this.#used - 1));
  }

  /** Lets everyone in line go on, to find out that the connection is gone. */
  open(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    this.#used += this.#line.length;
    for (const next of this.#line.splice(0)) next();
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#line.splice(this.#line.indexOf(next), 1);
        reject(cancellation(signal));
      };
      const next = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#line.push(next);
    });
  }
}
