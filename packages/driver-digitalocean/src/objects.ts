import type { Data, OwnedResource } from "@machinist/core";
import type { Api } from "./api.ts";
import type { Droplet, Firewall, SshKey, Tag, Vpc } from "./api-types.ts";
import { type Mark, markIn, markOfDroplet } from "./marks.ts";

/** All of an account's objects that bear a mark of ours, in the order in which they must go. */
export async function markedObjects(api: Api, signal: AbortSignal): Promise<OwnedResource[]> {
  const account = await api.owner(signal);
  const one = (sort: string, mark: Mark | undefined, id: string | number | undefined, label: string, made?: string) => {
    if (!mark || id === undefined) return [];
    const state: Data = { api: api.url, account, id: sort === "droplet" ? Number(id) : String(id), ours: true };
    const createdAt = made === undefined ? Number.NaN : Date.parse(made);
    const object = { kind: `digitalocean.${sort}`, ...mark, label: `${id} (${label})`, state };
    return [Number.isNaN(createdAt) ? object : { ...object, createdAt }];
  };
  const [droplets, firewalls, keys, vpcs, tags] = await Promise.all([
    api.list<Droplet>("/v2/droplets", "droplets", signal),
    api.list<Firewall>("/v2/firewalls", "firewalls", signal),
    api.list<SshKey>("/v2/account/keys", "ssh_keys", signal),
    api.list<Vpc>("/v2/vpcs", "vpcs", signal),
    api.list<Tag>("/v2/tags", "tags", signal),
  ]);
  return [
    ...droplets.flatMap((each) => one("droplet", markOfDroplet(each), each.id, each.name, each.created_at)),
    ...firewalls.flatMap(({ id, name, created_at }) => one("firewall", markIn(name), id, name ?? "", created_at)),
    ...keys.flatMap(({ id, name }) => one("ssh-key", markIn(name), id, name)),
    ...vpcs.flatMap(({ id, name, created_at }) => one("vpc", markIn(name), id, name ?? "", created_at)),
    ...tags.flatMap(({ name }) => one("tag", markIn(name), name, "tag")),
  ];
}
