import { MachinistError } from "@machinist/core";
import type { AccountView } from "./account.ts";
import type { DropletProps, DropletState } from "./droplet-state.ts";

/** Whether a droplet can have another size: it is available in its region, and its disk is no smaller than the droplet's is. */
export async function checkSize(
  view: AccountView,
  state: Pick<DropletState, "disk">,
  { size, region }: Pick<DropletProps, "size" | "region">,
  signal: AbortSignal,
): Promise<void> {
  const { items: sizes } = await view.sizes(signal);
  const here = sizes.filter((each) => each.available && each.regions.includes(region) && each.disk >= state.disk);
  const choose = `Choose one of ${here
    .slice(0, 8)
    .map((each) => each.slug)
    .join(", ")}: doctl compute size list`;
  const wanted = sizes.find(({ slug }) => slug === size);
  if (!wanted?.available || !wanted.regions.includes(region))
    throw new MachinistError(
      "digitalocean.size",
      `Size ${size} is not ${wanted ? `available in ${region}` : "known"}`,
      {
        hint: choose,
      },
    );
  if (wanted.disk < state.disk)
    throw new MachinistError(
      "digitalocean.disk-shrink",
      `The disk has ${state.disk} GB and cannot shrink to the ${wanted.disk} GB of size ${size}`,
      { hint: choose },
    );
}
