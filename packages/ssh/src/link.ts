import { setTimeout as pause } from "node:timers/promises";
import type { Endpoint, Level } from "@machinist/core";
import { asMachinistError, MachinistError } from "@machinist/core";
import type { Connection } from "./connection.ts";
import { answers } from "./probe.ts";
import { SharedAttempt } from "./shared-attempt.ts";
import { cancellation, timeLimit } from "./time-limit.ts";

export interface LinkOptions {
  readonly machine: string;
  /** One attempt to connect. */
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  /** How long a caller waits who says nothing else, in ms. */
  readonly waitMs: number;
  readonly log: (message: string, level: Level) => void;
}

/** An idle connection older than this is asked for a sign of life first: a host that was cut off takes no leave. */
const STALE_MS = 5000;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 1000;
/** How long a refusal is believed by those who look in again, in ms. */
const REFUSED_MS = 30_000;

/** The one connection of a machine: opened when it is needed, shared while and after it is opened, opened again when lost. */
export class Link {
  readonly #options: LinkOptions;
  #current: Connection | undefined;
  #opening: SharedAttempt<Connection> | undefined;
  #attempt: SharedAttempt<Connection> | undefined;
  #lastFailure: MachinistError | undefined;
  #refusal: { readonly error: MachinistError; readonly at: number } | undefined;
  #ended = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get machine(): string {
    return this.#options.machine;
  }

  /** As of the last time it was connected. */
  get endpoint(): Endpoint | undefined {
    return this.#current?.endpoint;
  }

  /** A live connection. Waits while the host does not answer yet; throws `ssh.unreachable` when that takes too long. */
  async connection(signal?: AbortSignal, waitMs = this.#options.waitMs): Promise<Connection> {
    if (this.#ended) throw closedHere(this.machine);
    const current = this.#current;
    if (current !== undefined && !current.ended && !isStale(current)) return current;
    const limit = timeLimit(signal, waitMs, () => this.#waitedTooLong(waitMs));
    try {
      if (this.#opening === undefined || this.#opening.over)
        this.#opening = new SharedAttempt((end) => this.#reach(end));
      return await this.#opening.join(limit.signal);
    } finally {
      limit.end();
    }
  }

  /**
   * A live connection, by one try that waits for nothing: the error says why there is none. A refusal that no waiting
   * mends is remembered for a while, as servers shut out whoever comes again and again.
   */
  async look(signal?: AbortSignal): Promise<Connection> {
    if (this.#ended) throw closedHere(this.machine);
    if (this.#refusal !== undefined && performance.now() - this.#refusal.at < REFUSED_MS) throw this.#refusal.error;
    const limit = signal ?? new AbortController().signal;
    try {
      return (await this.#alive()) ?? (await this.#open(limit));
    } catch (thrown) {
      const error = asMachinistError(thrown);
      if (!limit.aborted && !error.retryable) this.#refusal = { error, at: performance.now() };
      throw error;
    }
  }

  /** Ends the connection, and any attempt to open one. It may be opened again. */
  async close(): Promise<void> {
    for (const attempt of [this.#opening, this.#attempt]) attempt?.abort(closedHere(this.machine));
    this.#opening = this.#attempt = undefined;
    await this.#current?.close();
  }

  /** Closes it for good. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.close();
  }

  async #reach(signal: AbortSignal): Promise<Connection> {
    const current = await this.#alive();
    if (current !== undefined) return current;
    this.#lastFailure = undefined;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 1.6, LAST_PAUSE_MS)) {
      try {
        return await this.#open(signal);
      } catch (error) {
        if (signal.aborted) throw cancellation(signal);
        this.#note(asMachinistError(error));
      }
      await pause(wait, undefined, { signal }).catch(() => {});
    }
  }

  /** The present connection, if it gives a sign of life. */
  async #alive(): Promise<Connection | undefined> {
    const current = this.#current;
    if (current === undefined || current.ended) return undefined;
    if (!isStale(current) || (await answers(current))) return current;
    current.drop();
    return undefined;
  }

  /** One attempt at a time, whoever asks. */
  #open(signal: AbortSignal): Promise<Connection> {
    if (this.#attempt === undefined || this.#attempt.over)
      this.#attempt = new SharedAttempt((end) => this.#openOnce(end));
    return this.#attempt.join(signal);
  }

  async #openOnce(signal: AbortSignal): Promise<Connection> {
    const connection = await this.#options.open(signal);
    if (signal.aborted) {
      await connection.close();
      throw cancellation(signal);
    }
    this.#current = connection;
    this.#refusal = undefined;
    return connection;
  }

  /** Throws what waiting cannot mend; says once why we wait. */
  #note(failure: MachinistError): void {
    if (!failure.retryable) throw failure;
    if (this.#lastFailure?.message !== failure.message)
      this.#options.log(`Waiting for ${this.machine}: ${failure.message}`, "debug");
    this.#lastFailure = failure;
  }

  #waitedTooLong(ms: number): MachinistError {
    const last = this.#lastFailure;
    const seconds = Math.round(ms / 100) / 10;
    return new MachinistError(
      "ssh.unreachable",
      `${this.machine} could not be reached within ${seconds} s${last === undefined ? "" : `: ${last.message}`}`,
      {
        // Not to be tried again at once: the time that the caller gave it has been waited for.
        hint: last?.hint ?? "Check that the machine runs.",
        ...(last === undefined ? {} : { cause: last }),
      },
    );
  }
}

export const closedHere = (machine: string): MachinistError =>
  new MachinistError("ssh.closed", `The connection to ${machine} was closed here`, {
    hint: "Run the same command again",
  });

const isStale = (connection: Connection): boolean =>
  connection.slots.used === 0 && Date.now() - connection.aliveAt > STALE_MS;
