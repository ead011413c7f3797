import { isMachinistError } from "@machinist/core";
import type { AccountView } from "./account.ts";

export interface Tagging {
  /** The tag of its fleet; empty where that is not known. */
  readonly fleet: string;
  /** The user's own. */
  readonly wanted: readonly string[];
  /** Those of the user's that were known to be on it because they were asked for. */
  readonly before: readonly string[];
}

/**
 * What a droplet's tags say about those that we put on it. One that was asked for stays known as ours for as long as it is
 * there, so that it goes when it is asked for no more; what others put there is no business of ours.
 */
export function tagsOnDroplet(tags: readonly string[], { fleet, wanted, before }: Tagging) {
  const has = (tag: string) => tags.includes(tag);
  return {
    missing: [fleet, ...wanted].filter((tag) => tag !== "" && !has(tag)),
    ownTags: [...new Set([...before, ...wanted])].filter(has).sort(),
  };
}

const resources = (id: number) => ({ resources: [{ resource_id: String(id), resource_type: "droplet" }] });

const path = (tag: string): string => `/v2/tags/${encodeURIComponent(tag)}/resources`;

/** Tags that are there already are no error, neither in the account nor on the droplet. */
export async function tagDroplet(view: AccountView, id: number, tag: string, signal: AbortSignal): Promise<void> {
  await view.api.send("POST", "/v2/tags", { body: { name: tag }, signal }).catch(unless("digitalocean.exists"));
  await view.api.send("POST", path(tag), { body: resources(id), signal });
}

/** The tag itself stays in the account: others may use it. One that is gone is on no droplet. */
export async function untagDroplet(view: AccountView, id: number, tag: string, signal: AbortSignal): Promise<void> {
  await view.api.send("DELETE", path(tag), { body: resources(id), signal }).catch(unless("digitalocean.not-found"));
}

const unless = (code: string) => (error: unknown) => {
  if (!isMachinistError(error) || error.code !== code) throw error;
};
