import { images, regions, sizes } from "./digitalocean-catalogue.ts";
import type { StoredAction, StoredDroplet, StoredFirewall, StoredVpc, World } from "./digitalocean-world.ts";

/** Answers as DigitalOcean's document has them. */

export function dropletShape(droplet: StoredDroplet) {
  const size = sizes.find(({ slug }) => slug === droplet.size)!;
  const networks = droplet.status === "new" || droplet.address === "" ? [] : addresses(droplet);
  return {
    ...{ id: droplet.id, name: droplet.name, status: droplet.status, created_at: droplet.created_at },
    ...{ memory: size.memory, vcpus: size.vcpus, disk: droplet.disk, size_slug: size.slug, size },
    disk_info: [{ type: "local", size: { amount: droplet.disk, unit: "gib" } }],
    locked: droplet.busy !== "",
    kernel: null,
    features: [
      "droplet_agent",
      "private_networking",
      ...(droplet.ipv6 ? ["ipv6"] : []),
      ...(droplet.backups ? ["backups"] : []),
    ],
    backup_ids: [],
    next_backup_window: null,
    snapshot_ids: [],
    volume_ids: [],
    image: images.find(({ id }) => id === droplet.image)!,
    networks: { v4: networks, v6: [] },
    region: regions.find(({ slug }) => slug === droplet.region)!,
    tags: droplet.tags,
    vpc_uuid: droplet.vpc,
  };
}

/** Both come up together with the droplet; the private one first, as a reader that takes the first for the public learns. */
const addresses = (droplet: StoredDroplet) => [
  { ip_address: droplet.privateAddress, netmask: "255.255.240.0", type: "private" },
  { ip_address: droplet.address, netmask: "255.255.240.0", gateway: "198.18.0.1", type: "public" },
];

export const actionShape = (action: StoredAction) => ({
  ...{ id: action.id, status: action.status, type: action.type },
  ...{ started_at: action.started_at, completed_at: action.completed_at },
  ...{ resource_id: action.droplet, resource_type: "droplet", region_slug: action.region },
  region: regions.find(({ slug }) => slug === action.region)!,
});

export const firewallShape = (firewall: StoredFirewall) => ({ ...firewall, status: "succeeded", pending_changes: [] });

export const vpcShape = (vpc: StoredVpc) => ({ ...vpc, urn: `do:vpc:${vpc.id}` });

export function tagShape(name: string, world: World) {
  const tagged = world.droplets.allSeen(world.seen).filter(({ tags }) => tags.includes(name)).length;
  const none = { count: 0 };
  return {
    name,
    resources: {
      ...{ count: tagged, droplets: { count: tagged }, imgages: none, volumes: none },
      ...{ volume_snapshots: none, databases: none },
    },
  };
}

export const accountShape = (world: World) => ({
  ...{ droplet_limit: world.dropletLimit, floating_ip_limit: 3, email: "lab@example.com", name: "Lab" },
  ...{ uuid: world.account.uuid, email_verified: true, status: world.status, status_message: "" },
  team: { uuid: world.account.team, name: "Lab" },
});

/** One page of a list, with the links that lead to the others. */
export function page(key: string, items: readonly unknown[], query: URLSearchParams, url: string) {
  const size = Number(query.get("per_page") ?? 20);
  const number = Number(query.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const at = (to: number) => `${url}?page=${to}&per_page=${size}`;
  const pages = {
    ...(number < last ? { next: at(number + 1), last: at(last) } : {}),
    ...(number > 1 ? { prev: at(number - 1), first: at(1) } : {}),
  };
  return {
    [key]: items.slice((number - 1) * size, number * size),
    links: last > 1 ? { pages } : {},
    meta: { total: items.length },
  };
}
