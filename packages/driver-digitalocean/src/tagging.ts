import { isMachinistError } from "@machinist/core";
import type { AccountView } from "./account.ts";
import type { Droplet } from "./api-types.ts";
import { markIn } from "./marks.ts";

export interface Tagging {
  /** Ours: its fleet's and its firewall's; empty where they are not known. */
  readonly ours: readonly string[];
  /** The user's own. */
  readonly wanted: readonly string[];
  /** Those of the user's that were known to be on it because they were asked for. */
  readonly before: readonly string[];
}

/**
 * What a droplet's tags say about those that we put on it. One that was asked for stays known as ours for as long as it is
 * there, so that it goes when it is asked for no more; what others put there is no business of ours. But a tag that bears a
 * mark of ours brings a firewall with it, whoever put it there.
 */
export function tagsOnDroplet(tags: readonly string[], { ours, wanted, before }: Tagging) {
  const has = (tag: string) => tags.includes(tag);
  return {
    missing: [...ours, ...wanted].filter((tag) => tag !== "" && !has(tag)),
    extra: ours.length === 0 ? [] : tags.filter((tag) => markIn(tag) !== undefined && !ours.includes(tag)),
    ownTags: [...new Set([...before, ...wanted])].filter(has).sort(),
  };
}

/** Bring its tags to what is wanted now: what it lacks first, so that it is behind its new firewall before it leaves another. */
export async function tagAnew(view: AccountView, id: number, tagging: Tagging, signal: AbortSignal): Promise<void> {
  const { droplet } = await view.api.get<{ droplet: Droplet }>(`/v2/droplets/${id}`, signal, "droplet");
  const { missing, extra, ownTags } = tagsOnDroplet(droplet.tags, tagging);
  for (const tag of missing) await tagDroplet(view, id, tag, signal);
  for (const tag of [...extra, ...ownTags.filter((each) => !tagging.wanted.includes(each))])
    await untagDroplet(view, id, tag, signal);
}

const resources = (id: number) => ({ resources: [{ resource_id: String(id), resource_type: "droplet" }] });

const path = (tag: string): string => `/v2/tags/${encodeURIComponent(tag)}/resources`;

/** Tags that are there already are no error, neither in the account nor on the droplet. */
async function tagDroplet(view: AccountView, id: number, tag: string, signal: AbortSignal): Promise<void> {
  await view.api.send("POST", "/v2/tags", { body: { name: tag }, signal }).catch(unless("digitalocean.exists"));
  await view.api.send("POST", path(tag), { body: resources(id), signal });
}

/** The tag itself stays in the account: others may use it. One that is gone is on no droplet. */
async function untagDroplet(view: AccountView, id: number, tag: string, signal: AbortSignal): Promise<void> {
  await view.api.send("DELETE", path(tag), { body: resources(id), signal }).catch(unless("digitalocean.not-found"));
}

const unless = (code: string) => (error: unknown) => {
  if (!isMachinistError(error) || error.code !== code) throw error;
};
