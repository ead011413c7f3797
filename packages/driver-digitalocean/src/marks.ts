/** The names under which our objects are known in an account: with them everything tells its fleet and its owner tag. */
export interface Mark {
  readonly fleet: string;
  readonly owner: string;
}

/** Keys, firewalls and VPCs: `machinist.FLEET.OWNER`. Dots are in fleets, never in owner tags. */
export const markedName = ({ fleet, owner }: Mark): string => `machinist.${fleet}.${owner}`;

/** Tags may hold no dots, fleets no underscores: `machinist:FLEET:OWNER`. */
export const markedTag = ({ fleet, owner }: Mark): string => `machinist:${fleet.replaceAll(".", "_")}:${owner}`;

/** Droplets: `MACHINE.OWNER`, of which the host takes the part before the first dot as its host name. */
export const dropletName = (machine: string, owner: string): string => `${machine}.${owner}`;

const OWNER = "m[a-z2-7]{10,}-[a-z0-9-]+-\\d+";

export function markIn(name: string | undefined): Mark | undefined {
  const [, fleet, owner] = new RegExp(`^machinist[.:](.+)[.:](${OWNER})$`).exec(name ?? "") ?? [];
  if (fleet === undefined || owner === undefined) return undefined;
  return { fleet: name?.startsWith("machinist:") ? fleet.replaceAll("_", ".") : fleet, owner };
}

/** A droplet's mark: the owner is in its name, its fleet in the tag. Others' droplets have no such pair. */
export function markOfDroplet(droplet: { readonly name: string; readonly tags: readonly string[] }): Mark | undefined {
  const owner = new RegExp(`\\.(${OWNER})$`).exec(droplet.name)?.[1];
  const fleet = droplet.tags.flatMap((tag) => (tag.startsWith("machinist:") ? (markIn(tag)?.fleet ?? []) : [])).at(0);
  return owner !== undefined && fleet !== undefined ? { fleet, owner } : undefined;
}
