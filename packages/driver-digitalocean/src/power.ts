import { isMachinistError, MachinistError } from "@machinist/core";
import type { AccountView } from "./account.ts";
import type { Action, Droplet } from "./api-types.ts";
import type { DropletProps, DropletState } from "./droplet-state.ts";

/** How long a droplet may take to shut down when it is asked to, before its power is cut. */
const GRACE_MS = 60_000;
const ACTION_MS = 5 * 60_000;
const POLL_MS = 3000;

/** A droplet by what is known of it: its id, or the name that has its owner tag. `tag`: its fleet's, where known. */
export type Known = { readonly tag?: string } & (
  | { readonly id: number; readonly api: string; readonly account: string }
  | { readonly id?: never; readonly name: string }
);

/**
 * The droplet as it is now, from a look that all who ask share. `deleted` has those that we had deleted: of them a list
 * tells enough, any other that is missing there is asked for by its id.
 */
export async function readDroplet(
  view: AccountView,
  known: Known,
  deleted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Droplet | undefined> {
  const path = known.tag ? `/v2/droplets?tag_name=${encodeURIComponent(known.tag)}` : "/v2/droplets";
  const { items, paged } = await view.list<Droplet>(path, signal);
  if (known.id === undefined) {
    const named = items.find(({ name }) => name === known.name);
    if (named || !paged) return named;
    // It may have moved from one page to another between the two requests.
    const byName = await view.list<Droplet>(`/v2/droplets?name=${encodeURIComponent(known.name)}`, signal);
    return byName.items.find(({ name }) => name === known.name);
  }
  const listed = items.find(({ id }) => id === known.id);
  if (listed || deleted.has(`${known.api} ${known.id}`)) return listed;
  const found = await view.api.find<{ droplet: Droplet }>(`/v2/droplets/${known.id}`, signal, "droplet");
  return found ? found.droplet : view.believeGone(known.account, signal);
}

async function act(view: AccountView, id: number, body: Record<string, unknown>, signal: AbortSignal): Promise<Action> {
  const answer = await view.api.send<{ action: Action }>("POST", `/v2/droplets/${id}/actions`, {
    body,
    signal,
    expects: ["action"],
  });
  return answer.action;
}

/** Look until it is so; false when it is not after `withinMs`. */
async function until(
  view: AccountView,
  isSo: () => Promise<boolean>,
  withinMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock } = view.api;
  const end = clock.now() + withinMs;
  for (;;) {
    if (await isSo()) return true;
    if (clock.now() >= end) return false;
    await clock.sleep(POLL_MS, signal);
  }
}

const late = (what: string): MachinistError =>
  new MachinistError("digitalocean.action", `The droplet did not ${what}`, {
    hint: "Look at it in DigitalOcean's control panel, then run the same command again",
  });

/** Start an action and wait for its end. */
async function complete(
  view: AccountView,
  id: number,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const action = await act(view, id, body, signal);
  const path = `/v2/droplets/${id}/actions/${action.id}`;
  let { status } = action;
  const over = async (): Promise<boolean> => {
    if (status === "in-progress")
      status = (await view.api.get<{ action: Action }>(path, signal, "action")).action.status;
    return status !== "in-progress";
  };
  if (!(await until(view, over, ACTION_MS, signal)) || status === "errored") throw late(`finish to ${body.type}`);
}

const NONE: ReadonlySet<string> = new Set();

/** `missing` for one that is not there. */
export const statusOf = async (view: AccountView, state: DropletState, signal: AbortSignal): Promise<string> =>
  (await readDroplet(view, state, NONE, signal))?.status ?? "missing";

async function bring(view: AccountView, state: DropletState, to: "active" | "off", signal: AbortSignal): Promise<void> {
  const there = async () => (await statusOf(view, state, signal)) === to;
  if (!(await until(view, there, ACTION_MS, signal))) throw late(to === "off" ? "switch off" : "come up");
}

export async function switchOn(view: AccountView, state: DropletState, signal: AbortSignal): Promise<void> {
  if ((await statusOf(view, state, signal)) !== "off") return;
  await act(view, state.id, { type: "power_on" }, signal);
  await bring(view, state, "active", signal);
}

/** Let it shut down by itself for a while, then cut the power; at once where `graceMs` is 0. */
export async function switchOff(
  view: AccountView,
  state: DropletState,
  signal: AbortSignal,
  graceMs = GRACE_MS,
): Promise<void> {
  const off = async () => (await statusOf(view, state, signal)) === "off";
  if (await off()) return;
  if (graceMs > 0) {
    await act(view, state.id, { type: "shutdown" }, signal);
    if (await until(view, off, graceMs, signal)) return;
  }
  await act(view, state.id, { type: "power_off" }, signal);
  await bring(view, state, "off", signal);
}

export async function restart(view: AccountView, state: DropletState, signal: AbortSignal): Promise<void> {
  if ((await statusOf(view, state, signal)) === "off") return switchOn(view, state, signal);
  await complete(view, state.id, { type: "reboot" }, signal);
  await bring(view, state, "active", signal);
}

/** Its name in the account; that of the host in it is another matter. */
export async function rename(view: AccountView, id: number, name: string, signal: AbortSignal): Promise<void> {
  const { droplet } = await view.api.get<{ droplet: Droplet }>(`/v2/droplets/${id}`, signal, "droplet");
  if (droplet.name !== name) await complete(view, id, { type: "rename", name }, signal);
}

/**
 * More or fewer processors and memory, for which it is switched off. The disk stays as it is, so that the way back stays
 * open, unless it is to grow.
 */
export async function resize(
  view: AccountView,
  state: DropletState,
  { size, growDisk = false }: Pick<DropletProps, "size" | "growDisk">,
  signal: AbortSignal,
): Promise<void> {
  const droplet = await readDroplet(view, state, NONE, signal);
  if (!droplet) return;
  const grows = growDisk && (droplet.size_slug !== size || (droplet.size?.disk ?? 0) > droplet.disk);
  if (droplet.size_slug === size && !grows) return;
  await switchOff(view, state, signal);
  try {
    await complete(view, state.id, { type: "resize", size, disk: grows }, signal);
  } catch (error) {
    // Refused, it stays what it was: a droplet that runs.
    if (isMachinistError(error) && !error.retryable) await switchOn(view, state, signal).catch(() => {});
    throw error;
  }
}
