import { type Clock, MachinistError, throwIfCancelled } from "@machinist/core";
import { shareLook } from "@machinist/requests";
import { Api } from "./api.ts";

/** A list is asked for at most so often, however many wait for what is on it; and less often when requests run out. */
const LOOK_EVERY_MS = 2000;
const LOOK_SELDOM_MS = 20_000;

export interface Listing<T> {
  readonly items: readonly T[];
  /** It took more than one page: what moved between two of them is not on it. */
  readonly paged: boolean;
}

/** What the kinds of one driver share for one address of the API: its requests, and looks at what there is. */
export class AccountView {
  readonly api: Api;
  readonly #began = new Map<string, number>();
  readonly #look: ReturnType<typeof shareLook<string, Listing<unknown>>>;

  constructor(api: Api) {
    this.api = api;
    // Nobody's own signal ends a look that others wait for too; each request has its deadline.
    this.#look = shareLook((path: string) => this.#list(path), { now: () => api.clock.now() });
  }

  /** All objects of a list, as they are now: the look began after it was asked for, and others may share it. */
  async list<T>(path: string, signal: AbortSignal): Promise<Listing<T>> {
    throwIfCancelled(signal);
    return (await abortable(this.#look(path), signal)) as Listing<T>;
  }

  /** Something changed: no look that has begun shows it. */
  changed(): void {
    this.#look.forget();
  }

  async #list(path: string): Promise<Listing<unknown>> {
    const { clock, scarce } = this.api;
    const wait = (this.#began.get(path) ?? 0) + (scarce ? LOOK_SELDOM_MS : LOOK_EVERY_MS) - clock.now();
    this.#began.set(path, clock.now() + Math.max(0, wait));
    if (wait > 0) await clock.sleep(wait);
    let paged = false;
    const key = /\/(?:account\/keys|(\w+))(?:\?|$)/.exec(path)?.[1] ?? "ssh_keys";
    const items = await this.api.list<unknown>(path, key, new AbortController().signal, () => {
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
