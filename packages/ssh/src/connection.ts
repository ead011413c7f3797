import type { Endpoint } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Client } from "ssh2";
import { ChannelSlots } from "./channel-slots.ts";
import type { Dialled } from "./dial.ts";

/** sshd allows 10 sessions per connection unless told otherwise; two are left for others. */
const SESSIONS = 8;

/** A logged-in connection to a machine, with the jump hosts it goes through. */
export class Connection {
  readonly machine: string;
  readonly endpoint: Endpoint;
  readonly client: Client;
  readonly slots = new ChannelSlots(SESSIONS);
  /** When it was last known to be alive, ms since 1970. */
  aliveAt = Date.now();
  readonly #hops: readonly Dialled[];
  #cause: Error | undefined;
  #ended = false;
  #leaving: Promise<void> | undefined;
  #leave = () => {};
  readonly #gone = new Promise<void>((resolve) => {
    this.#leave = resolve;
  });

  /** `hops`: the jump hosts in order, then the machine. */
  constructor(machine: string, endpoint: Endpoint, hops: readonly Dialled[]) {
    this.machine = machine;
    this.endpoint = endpoint;
    this.client = hops.at(-1)!.client;
    this.#hops = hops;
    for (const { client } of hops) client.on("error", (error) => (this.#cause ??= error));
    this.client.once("close", () => this.#markGone()).once("end", () => this.#markGone());
    if (hops.some(({ carrier }) => carrier.destroyed)) this.#markGone();
  }

  /** Nothing can be begun on it any more. It may still be taking leave of the other side, which can last a second. */
  get ended(): boolean {
    return this.#ended || this.#leaving !== undefined;
  }

  /** The error of whatever was under way when the connection went. */
  lost(what: string): MachinistError {
    const why = this.#cause?.message ?? "it was closed";
    return new MachinistError("ssh.lost", `The connection to ${this.machine} was lost during ${what}: ${why}`, {
      retryable: true,
      ...(this.#cause === undefined ? {} : { cause: this.#cause }),
      hint: "It is opened again by the next call; what was under way there may or may not have finished.",
    });
  }

  /** Takes leave of the other side, and goes anyway if that takes longer than a second. */
  close(): Promise<void> {
    this.#leaving ??= this.#takeLeave();
    return this.#leaving;
  }

  async #takeLeave(): Promise<void> {
    if (this.#ended) return;
    this.client.end();
    const timer = setTimeout(() => this.drop(), 1000);
    await this.#gone;
    clearTimeout(timer);
  }

  /** For a connection that no longer answers: nothing is waited for. */
  drop(): void {
    for (const { carrier } of this.#hops) carrier.destroy();
    this.#markGone();
  }

  #markGone(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.slots.open();
    for (const { client } of this.#hops.slice(0, -1).reverse()) client.end();
    this.#leave();
  }
}
