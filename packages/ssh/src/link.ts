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

/** The one connection of a machine: opened when it is needed, shared while and after it is opened, opened again when lost. */
export class Link {
  readonly #options: LinkOptions;
  #current: Connection | undefined;
  #opening: SharedAttempt<Connection> | undefined;
  #lastFailure: MachinistError | undefined;
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

  /** Ends the connection, and any attempt to open one. It may be opened again. */
  async close(): Promise<void> {
    this.#opening?.abort(closedHere(this.machine));
    this.#opening = undefined;
    const current = this.#current;
    if (current !== undefined && !current.ended) await current.close();
  }

  /** Closes it for good. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.close();
  }

  async #reach(signal: AbortSignal): Promise<Connection> {
    const current = this.#current;
    if (current !== undefined && !current.ended) {
      if (await answers(current)) return current;
      current.drop();
    }
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

  async #open(signal: AbortSignal): Promise<Connection> {
    const connection = await this.#options.open(signal);
    if (signal.aborted) {
      await connection.close();
      throw cancellation(signal);
    }
    this.#current = connection;
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
  new MachinistError("ssh.closed", `The connection to ${machine} was closed here`);

const isStale = (connection: Connection): boolean =>
  connection.slots.used === 0 && Date.now() - connection.aliveAt > STALE_MS;
