import { setMaxListeners } from "node:events";
import {
  asMachinistError,
  type Clock,
  cancelled,
  isMachinistError,
  MachinistError,
  systemClock,
  throwIfCancelled,
} from "@machinist/core";

export interface BatchOptions<In, Out> {
  /**
   * One request for a group. One answer for each input, in their order; an Error in place of an answer fails that caller
   * alone, a throw fails all of the group. `signal` aborts when every caller has given up.
   */
  run(inputs: readonly In[], signal: AbortSignal): Promise<readonly (Out | Error)[]>;
  /** The largest group. */
  readonly most: number;
  /** Only inputs of the same key go together. Default: all do. */
  readonly keyOf?: (input: In) => string;
  /** A group goes when nobody has come for so long, in ms. Default 20. */
  readonly quietMs?: number;
  /** Nobody waits for others longer than this, in ms. Default ten times `quietMs`. */
  readonly longestMs?: number;
  readonly clock?: Clock;
}

interface Caller<In, Out> {
  readonly input: In;
  readonly resolve: (answer: Out) => void;
  readonly reject: (reason: unknown) => void;
  left: boolean;
}

/**
 * Makes one request of many callers' calls. Each caller has a signal of its own: who gives up does not disturb the
 * others, and a caller that left before its group went is not asked for.
 */
export function batch<In, Out>(options: BatchOptions<In, Out>): (input: In, signal: AbortSignal) => Promise<Out> {
  const groups = new Map<string, Group<In, Out>>();
  return (input, signal) => {
    const key = options.keyOf?.(input) ?? "";
    let group = groups.get(key);
    if (!group) {
      group = new Group(options, () => groups.delete(key));
      groups.set(key, group);
    }
    return group.join(input, signal);
  };
}

class Group<In, Out> {
  readonly #options: BatchOptions<In, Out>;
  readonly #close: () => void;
  readonly #callers: Caller<In, Out>[] = [];
  readonly #abort = new AbortController();
  readonly #first: number;
  readonly #clock: Clock;
  #last: number;
  #gone = false;

  constructor(options: BatchOptions<In, Out>, close: () => void) {
    this.#options = options;
    this.#close = close;
    this.#clock = options.clock ?? systemClock;
    this.#first = this.#clock.now();
    this.#last = this.#first;
  }

  join(input: In, signal: AbortSignal): Promise<Out> {
    return new Promise((resolve, reject) => {
      try {
        throwIfCancelled(signal);
      } catch (thrown) {
        return reject(thrown);
      }
      const leave = () => {
        caller.left = true;
        reject(isMachinistError(signal.reason) ? signal.reason : cancelled(signal.reason));
        // Before the group goes, somebody else may still come.
        if (this.#gone && this.#callers.every(({ left }) => left)) this.#abort.abort(signal.reason);
      };
      const done =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener("abort", leave);
          settle(value);
        };
      const caller: Caller<In, Out> = { input, resolve: done(resolve), reject: done(reject), left: false };
      // Many callers with one signal are what this is for; to Node they look like a leak.
      setMaxListeners(0, signal);
      signal.addEventListener("abort", leave, { once: true });
      this.#callers.push(caller);
      this.#last = this.#clock.now();
      // Not before somebody is in it: where time passes quickly, an empty group would be gone at once.
      if (this.#callers.length === 1) void this.#wait();
      if (this.#callers.length >= this.#options.most) void this.#go();
    });
  }

  /** Wait until it is quiet, but not for ever. */
  async #wait(): Promise<void> {
    const { quietMs = 20, longestMs = quietMs * 10 } = this.#options;
    for (;;) {
      const now = this.#clock.now();
      const left = Math.min(this.#last + quietMs, this.#first + longestMs) - now;
      if (left <= 0 || this.#gone) break;
      await this.#clock.sleep(left);
    }
    await this.#go();
  }

  async #go(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    this.#close();
    const callers = this.#callers.filter(({ left }) => !left);
    if (callers.length === 0) return;
    try {
      const answers = await this.#options.run(
        callers.map(({ input }) => input),
        this.#abort.signal,
      );
      for (const [index, { resolve, reject }] of callers.entries()) {
        const answer = answers[index];
        if (index >= answers.length) reject(new MachinistError("internal", "A gathered request has too few answers"));
        else if (answer instanceof Error) reject(answer);
        else resolve(answer as Out);
      }
    } catch (thrown) {
      const error = asMachinistError(thrown);
      for (const { reject } of callers) reject(error);
    }
  }
}
