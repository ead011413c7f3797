import type { Price } from "@machinist/core";
import type { AccountView } from "./account.ts";
import type { Options } from "./droplet-state.ts";

/** What a droplet of a size costs. Backups and traffic beyond what is included come on top. */
export async function priceOf(view: AccountView, { size }: Options, signal: AbortSignal): Promise<Price | undefined> {
  const { items, at } = await view.sizes(signal);
  const found = items.find(({ slug }) => slug === size);
  if (typeof found?.price_hourly !== "number") return undefined;
  return {
    hourly: found.price_hourly,
    ...(typeof found.price_monthly === "number" ? { monthly: found.price_monthly } : {}),
    currency: "USD",
    source: "DigitalOcean's list of sizes",
    asOf: new Date(at).toISOString(),
  };
}
