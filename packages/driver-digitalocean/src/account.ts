import { type Clock, MachinistError, throwIfCancelled } from "@machinist/core";
import { singleFlight } from "@machinist/requests";
import { Api } from "./api.ts";
import type { Size } from "./api-types.ts";

/** A list is asked for at most so often, however many wait for what is on it; and less often when requests run out. */
const LOOK_EVERY_MS = 2000;
const LOOK_SELDOM_MS = 20_000;
/** A look begins when nobody has asked for it for so long: who lists many machines asks for each of them. */
const QUIET_MS = 20;
/** But nobody waits for others longer than this. */
const LONGEST_MS = 200;
/** What sizes there are changes over months. */
const SIZES_FRESH_MS = 600_000;

export interface Listing<T> {
  readonly items: readonly T[];
  /** It took more than one page: what moved between two of them is not on it. */
  readonly paged: boolean;
}

/** A look that has not begun, and when it was last asked for, in ms. */
interface Coming {
  asked: number;
  readonly result: Promise<Listing<unknown>>;
}

/** What the kinds of one driver share for one address of the API: its requests, and looks at what there is. */
export class AccountView {
  readonly api: Api;
  readonly #began = new Map<string, number>();
  /** Looks that have not begun: what they will show is newer than anything that anyone has done by now. */
  readonly #coming = new Map<string, Coming>();

  readonly #sizes: () => Promise<{ readonly items: readonly Size[]; readonly at: number }>;

  constructor(api: Api) {
    this.api = api;
    const now = () => api.clock.now();
    const look = async () => {
      const items = await api.list<Size>("/v2/sizes", "sizes", new AbortController().signal);
      return { items, at: now() };
    };
    const shared = singleFlight<"", { readonly items: readonly Size[]; readonly at: number }>(look, {
      freshMs: SIZES_FRESH_MS,
      now,
    });
    this.#sizes = () => shared("");
  }

  /** Sizes with their prices, and when they were asked for: once for all who ask within some minutes. */
  sizes(signal: AbortSignal): Promise<{ readonly items: readonly Size[]; readonly at: number }> {
    throwIfCancelled(signal);
    return abortable(this.#sizes(), AbortSignal.any([signal]));
  }

  /** All objects of a list, from a look that begins after it was asked for and that others may share. */
  list<T>(path: string, signal: AbortSignal): Promise<Listing<T>> {
    throwIfCancelled(signal);
    const asked = this.api.clock.now();
    const coming = this.#coming.get(path) ?? { asked, result: this.#look(path) };
    coming.asked = asked;
    this.#coming.set(path, coming);
    return abortable(coming.result as Promise<Listing<T>>, AbortSignal.any([signal]));
  }

  /** Wait for others that ask for the same, and until this list may be asked for again. */
  async #wait(path: string): Promise<void> {
    const { clock, scarce } = this.api;
    const next = (this.#began.get(path) ?? 0) + (scarce ? LOOK_SELDOM_MS : LOOK_EVERY_MS);
    const first = clock.now();
    for (;;) {
      const asked = this.#coming.get(path)?.asked ?? first;
      const left = Math.max(next, Math.min(asked + QUIET_MS, first + LONGEST_MS)) - clock.now();
      if (left <= 0) return;
      await clock.sleep(left);
    }
  }

  async #look(path: string): Promise<Listing<unknown>> {
    const { api } = this;
    await this.#wait(path);
    this.#coming.delete(path);
    this.#began.set(path, api.clock.now());
    let paged = false;
    const key = /\/(?:account\/keys|(\w+))(?:\?|$)/.exec(path)?.[1] ?? "ssh_keys";
    // No signal of one who waits ends it for the others; each request has its own deadline.
    const items = await api.list<unknown>(path, key, new AbortController().signal, () => {
      paged = true;
    });
    return { items, paged };
  }

  /** An id that was saved is not found. Believed only where this is the account that it was saved in. */
  async believeGone(account: string, signal: AbortSignal): Promise<undefined> {
    if ((await this.api.owner(signal)) === account) return undefined;
    throw new MachinistError("digitalocean.account", "The access token belongs to another account than the machine", {
      hint: "Use the token of the team that the machine was made in",
    });
  }
}

const abortable = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });

/** One view for each address of the API. */
export function accounts(token: () => Promise<string>, clock: Clock): (url: string) => AccountView {
  const views = new Map<string, AccountView>();
  return (url) => {
    const view = views.get(url) ?? new AccountView(new Api(url, token, clock));
    views.set(url, view);
    return view;
  };
}
