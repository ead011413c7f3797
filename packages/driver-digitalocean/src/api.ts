import { type Clock, isMachinistError, MachinistError } from "@machinist/core";
import { boundedJson, RateLimiter } from "@machinist/requests";
import type { Account } from "./api-types.ts";
import { failure, type Reply, rateLimited } from "./failure.ts";
import { checkedAnswer, type Part } from "./parts.ts";

export interface Ask {
  readonly signal: AbortSignal;
  readonly body?: unknown;
  /** Looks and deletes go first, and may use what is kept back when the rate limit runs out. */
  readonly urgent?: boolean;
  /** What must be in the answer. */
  readonly expects?: readonly Part[];
  /** Do not send it later than so many ms from now: whoever waits for its effect counts from then. */
  readonly withinMs?: number;
}

/** DigitalOcean allows 250 requests a minute and 5000 an hour; within a minute 40 and 60 × 3.4 are just below the first. */
const PACE = { burst: 40, perSecond: 3.4 };
/** Of an hour's requests so many are for looks and deletes alone. */
const RESERVE = 300;
const REQUEST_MS = 30_000;
const REFUSALS = 10;

/** One account at one address of the API. All that is sent goes through one budget. */
export class Api {
  readonly url: string;
  readonly clock: Clock;
  readonly #budget: RateLimiter;
  readonly #token: () => Promise<string>;
  #account: Promise<Account> | undefined;
  /** Few requests are left: whoever polls, polls slowly. */
  scarce = false;

  constructor(url: string, token: () => Promise<string>, clock: Clock) {
    this.url = checkedUrl(url);
    this.clock = clock;
    this.#token = token;
    this.#budget = new RateLimiter({ ...PACE, reserve: RESERVE, clock });
  }

  get<T>(path: string, signal: AbortSignal, ...expects: readonly Part[]): Promise<T> {
    return this.send<T>("GET", path, { signal, urgent: true, expects });
  }

  /** `undefined` for what is not there. */
  async find<T>(path: string, signal: AbortSignal, ...expects: readonly Part[]): Promise<T | undefined> {
    try {
      return await this.get<T>(path, signal, ...expects);
    } catch (error) {
      if (isMachinistError(error) && error.code === "digitalocean.not-found") return undefined;
      throw error;
    }
  }

  /** All pages of a list. `more` is told where there was more than one: what moved between two of them was not seen. */
  async list<T>(path: string, key: string, signal: AbortSignal, more: () => void = () => {}): Promise<T[]> {
    const found: T[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.get<Record<string, unknown> | undefined>(
        `${path}${path.includes("?") ? "&" : "?"}per_page=200&page=${page}`,
        signal,
      );
      const items = answer?.[key];
      if (!Array.isArray(items))
        throw new MachinistError("digitalocean.answer", `A list of ${key} came without them`, { retryable: true });
      found.push(...(items as T[]));
      const { pages } = (answer?.links ?? {}) as { pages?: { next?: string } };
      if (!pages?.next) return found;
      more();
    }
  }

  /** Whose account it is. Asked once. */
  account(signal: AbortSignal): Promise<Account> {
    this.#account ??= this.get<{ account: Account }>("/v2/account", signal, "account").then(
      ({ account }) => account,
      (error) => {
        this.#account = undefined;
        throw error;
      },
    );
    return this.#account;
  }

  /** The account's or team's mark, kept with what is made: another account's "not found" says nothing about it. */
  async owner(signal: AbortSignal): Promise<string> {
    const { team, uuid } = await this.account(signal);
    return team?.uuid ?? uuid;
  }

  /** Ask. What was refused because of the rate limit had no effect, and is asked again here. */
  async send<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, ask: Ask): Promise<T> {
    const token = await this.#token();
    for (let refusals = 1; ; refusals++) {
      const reply = await this.#inTurn(ask, () => this.#fetch(method, path, token, ask));
      if (reply.status < 400)
        return checkedAnswer(`${method} ${path.replace(/\?.*/, "")}`, reply.body, ask.expects ?? []) as T;
      if (reply.status !== 429 || refusals >= REFUSALS) throw failure(method, path, reply, token);
    }
  }

  /** Wait for a place, but not longer than asked. */
  async #inTurn({ signal, urgent = false, withinMs }: Ask, work: () => Promise<Reply>): Promise<Reply> {
    const [sent, late] = [new AbortController(), new AbortController()];
    const send = () => {
      sent.abort();
      return work();
    };
    if (withinMs !== undefined)
      this.clock.sleep(withinMs, sent.signal).then(
        () => late.abort(),
        () => {},
      );
    try {
      return await this.#budget.run(send, { signal: AbortSignal.any([signal, late.signal]), urgent });
    } catch (error) {
      // A minute's requests come back soon, an hour's do not: then it is better to be told.
      throw late.signal.aborted ? rateLimited(!this.scarce) : error;
    } finally {
      sent.abort();
    }
  }

  async #fetch(method: string, path: string, token: string, { body, signal }: Ask): Promise<Reply> {
    // Its own timer, for one of AbortSignal's would keep all of the exchange until it is over.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), REQUEST_MS);
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.any([signal, late.signal]),
      });
      const { status, headers } = response;
      const answer = await boundedJson(response);
      const after = count(headers.get("retry-after"));
      const retryAfterMs = after === undefined ? undefined : after * 1000;
      this.#observe(headers);
      if (status === 429) this.#budget.throttled({ retryAfterMs });
      return { status, body: answer, retryAfterMs };
    } catch (cause) {
      signal.throwIfAborted();
      if (isMachinistError(cause)) throw cause;
      throw new MachinistError("digitalocean.unreachable", `${this.url} gave no answer`, {
        retryable: true,
        cause,
        hint: "Is the network up? Then run the same command again",
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #observe(headers: Headers): void {
    const remaining = count(headers.get("ratelimit-remaining"));
    const reset = count(headers.get("ratelimit-reset"));
    if (remaining === undefined) return;
    this.scarce = remaining <= RESERVE;
    this.#budget.observe({ remaining: remaining, ...(reset === undefined ? {} : { resetAt: reset * 1000 }) });
  }
}

const count = (header: string | null): number | undefined =>
  header !== null && /^\d+$/.test(header) ? Number(header) : undefined;

/** The token goes to this address: nobody on the way may read it. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = url !== undefined && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && local)) && !url.username)
    return url.href.replace(/\/+$/, "");
  throw new MachinistError("digitalocean.api-url", `${JSON.stringify(text)} is no https address of an API`, {
    hint: "Leave --digitalocean-api-url out to use DigitalOcean's own",
  });
}
