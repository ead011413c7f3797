export const sortKeys = [
  ...(["name", "state", "address", "driver", "docker", "containers", "certificate"] as const),
  ...(["load", "memory", "disk", "price"] as const),
] as const;
export type SortKey = (typeof sortKeys)[number];

export interface Sort {
  readonly by: SortKey;
  readonly down: boolean;
}
