import { type Clock, MachinistError } from "@machinist/core";
import { RateLimiter, singleFlight } from "@machinist/requests";

/** A box as the provider tells of it. */
export interface Box {
  readonly id: string;
  readonly name: string;
  readonly size: string;
  /** Our owner tag; the provider keeps it with the box, and makes no second box of the same mark. */
  readonly mark: string;
  readonly fleet: string;
  readonly status: "building" | "on" | "off";
  readonly address: string;
}

export interface ClientOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly clock?: Clock;
}

/** The provider's API: what each call is, which failures may pass, and how many calls may be sent. */
export class Client {
  readonly #options: ClientOptions;
  readonly #budget: RateLimiter;
  /** All boxes, in one call for all who want to know at the same time. */
  readonly list: () => Promise<readonly Box[]>;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#budget = new RateLimiter({
      perSecond: 20,
      burst: 40,
      reserve: 5,
      ...(options.clock ? { clock: options.clock } : {}),
    });
    const look = singleFlight(() => this.#call<Box[]>("GET", "/boxes"));
    this.list = () => look("");
  }

  create = (box: Pick<Box, "name" | "size" | "mark" | "fleet">): Promise<Box> => this.#call("POST", "/boxes", box);

  change = (id: string, change: Partial<Pick<Box, "size" | "status">>): Promise<Box> =>
    this.#call("PATCH", `/boxes/${encodeURIComponent(id)}`, change);

  remove = (id: string): Promise<void> => this.#call("DELETE", `/boxes/${encodeURIComponent(id)}`);

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const { url, token } = this.#options;
    if (!token)
      throw new MachinistError("shelf.token", "No token for the shelf was given", { hint: "Set SHELF_ACCESS_TOKEN" });
    // No signal here: one call may serve many, and each of them leaves by itself.
    const signal = AbortSignal.timeout(30_000);
    return this.#budget.run(
      async () => {
        const response = await fetch(new URL(path, url), {
          method,
          signal,
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          ...(body ? { body: JSON.stringify(body) } : {}),
        }).catch((cause: unknown) => {
          // The request may have arrived: what creates is looked for before it is asked again. The reconciler does that.
          throw new MachinistError("shelf.unreachable", "The shelf does not answer", { cause, retryable: true });
        });
        return this.#answer<T>(response);
      },
      { signal, urgent: method === "DELETE" },
    );
  }

  async #answer<T>(response: Response): Promise<T> {
    if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
    if (response.status === 404 && response.url.includes("/boxes/")) return undefined as T;
    if (response.status === 429) {
      const retryAfterMs = Number(response.headers.get("retry-after") ?? 1) * 1000;
      this.#budget.throttled({ retryAfterMs });
      throw new MachinistError("shelf.throttled", "The shelf takes no more requests now", {
        retryable: true,
        retryAfterMs,
      });
    }
    if (response.status === 401)
      throw new MachinistError("shelf.token", "The shelf refuses the token", { hint: "Check SHELF_ACCESS_TOKEN" });
    throw new MachinistError("shelf.failed", `The shelf answered with status ${response.status}`, {
      retryable: response.status >= 500,
    });
  }
}
