import { type Call, type Data, isMachinistError, type ResourceType } from "@machinist/core";
import type { AccountView } from "./account.ts";
import type { Part } from "./parts.ts";

/** How long a new object can hide: until its request is sent, while it is answered, and until lists show it; 30 s each. */
export const SETTLE_MS = 90_000;
export const SEND_WITHIN_MS = 30_000;

export type MarkedProps = { api: string };
export type MarkedState = { api: string; account: string; id: string };

/** One sort of object that an account holds under a marked name. */
export interface Sort<P extends MarkedProps, S extends MarkedState, W> {
  /** Where they are listed, and under which key an answer holds one. */
  readonly path: string;
  readonly key: Part;
  readonly isOurs: (item: W, call: Call<P>) => boolean;
  /** One that already is what is asked for, when DigitalOcean says so. Default: ours. */
  readonly isAlike?: (item: W, call: Call<P>) => boolean;
  readonly body: (call: Call<P>) => unknown | Promise<unknown>;
  readonly id: (item: W) => string;
  readonly state: (
    item: W,
    call: Call<P> & { readonly state?: S | undefined },
  ) => Omit<S, keyof MarkedState> | Promise<Omit<S, keyof MarkedState>>;
}

export type Views = (url: string) => AccountView;

export const viewOf = (views: Views, call: { readonly props: Data; readonly state?: Data | undefined }): AccountView =>
  views(String(call.state?.api ?? call.props.api));

/** Delete by address. False: there is nothing (any more). */
export async function remove(view: AccountView, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await view.api.send("DELETE", path, { signal, urgent: true });
    return true;
  } catch (error) {
    if (isMachinistError(error) && error.code === "digitalocean.not-found") return false;
    throw error;
  }
}

/** What the account's own objects have in common: found by id, else by name; made by POST; deleted by id. */
export function markedKind<P extends MarkedProps, S extends MarkedState, W>(views: Views, sort: Sort<P, S, W>) {
  const stateOf = async (item: W, call: Call<P> & { readonly state?: S | undefined }): Promise<S> => {
    const { api } = viewOf(views, call);
    const account = call.state?.account || (await api.owner(call.signal));
    return { ...(await sort.state(item, call)), api: api.url, account, id: sort.id(item) } as S;
  };
  const listed = async (call: Call<P>, fits: (item: W, call: Call<P>) => boolean): Promise<S | undefined> => {
    const { items } = await viewOf(views, call).list<W>(sort.path, call.signal);
    const item = items.find((each) => fits(each, call));
    return item && stateOf(item, call);
  };
  return {
    consistencyWindowMs: SETTLE_MS,
    pollIntervalMs: 3000,
    async read(call) {
      const { state, signal } = call;
      if (!state) return listed(call, sort.isOurs);
      const view = viewOf(views, call);
      const found = await view.api.find<Record<string, W>>(
        `${sort.path}/${encodeURIComponent(state.id)}`,
        signal,
        sort.key,
      );
      return found ? stateOf(found[sort.key] as W, call) : view.believeGone(state.account, signal);
    },
    async create(call) {
      const view = viewOf(views, call);
      try {
        const ask = { body: await sort.body(call), signal: call.signal, withinMs: SEND_WITHIN_MS, expects: [sort.key] };
        const answer = await view.api.send<Record<string, W>>("POST", sort.path, ask);
        return await stateOf(answer[sort.key] as W, call);
      } catch (error) {
        if (!isMachinistError(error) || error.code !== "digitalocean.exists") throw error;
        const found = await listed(call, sort.isAlike ?? sort.isOurs);
        if (found) return found;
        throw error;
      }
    },
    async delete(call) {
      await remove(viewOf(views, call), `${sort.path}/${encodeURIComponent(call.state.id)}`, call.signal);
    },
  } satisfies ResourceType<P, S>;
}
