import { createHash, randomUUID } from "node:crypto";
import { images, regions, sizes } from "./digitalocean-catalogue.ts";
import type { Droplets } from "./digitalocean-droplets.ts";
import type { Met } from "./digitalocean-judge.ts";
import {
  accountShape,
  actionShape,
  dropletShape,
  firewallShape,
  page,
  tagShape,
  vpcShape,
} from "./digitalocean-shapes.ts";
import {
  notFound,
  Refusal,
  type StoredFirewall,
  type StoredKey,
  unprocessable,
  type World,
} from "./digitalocean-world.ts";

export interface Request {
  readonly met: Met;
  readonly query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: the document has judged it before.
  readonly body: any;
  /** Of this server, with the path. */
  readonly url: string;
}
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}
type Route = (request: Request) => Answer;

const ok = (body: unknown, status = 200): Answer => ({ status, body });
const done: Answer = { status: 204 };

/** What the server does for each operation, by the name that the document gives it. */
export function routes(world: World, droplets: Droplets): { readonly [operation: string]: Route } {
  return {
    ...dropletRoutes(droplets),
    ...accountRoutes(world),
    ...tagRoutes(world, droplets),
    ...networkRoutes(world),
  };
}

function dropletRoutes(droplets: Droplets): { [operation: string]: Route } {
  return {
    droplets_list: ({ query, url }) => {
      const found = droplets.list({ tag: query.get("tag_name") ?? undefined, name: query.get("name") ?? undefined });
      return ok(page("droplets", found.map(dropletShape), query, url));
    },
    droplets_get: ({ met }) => ok({ droplet: dropletShape(droplets.get(met.path.droplet_id!)) }),
    droplets_create: ({ body }) => {
      const made = droplets.create(body).map(dropletShape);
      const links = { actions: [] };
      return ok(body.names === undefined ? { droplet: made[0], links } : { droplets: made, links }, 202);
    },
    droplets_destroy: ({ met }) => {
      droplets.destroy(met.path.droplet_id!);
      return done;
    },
    dropletActions_post: ({ met, body }) => ok({ action: actionShape(droplets.act(met.path.droplet_id!, body)) }, 201),
    dropletActions_get: ({ met }) =>
      ok({ action: actionShape(droplets.action(met.path.droplet_id!, met.path.action_id!)) }),
  };
}

function accountRoutes(world: World): { [operation: string]: Route } {
  const keyBy = (identifier: string): StoredKey => {
    const all = world.keys.allSeen(world.seen);
    const found = all.find(({ id, fingerprint }) => String(id) === identifier || fingerprint === identifier);
    if (!found) throw notFound();
    return found;
  };
  return {
    account_get: () => ok({ account: accountShape(world) }),
    regions_list: ({ query, url }) => ok(page("regions", regions, query, url)),
    sizes_list: ({ query, url }) => ok(page("sizes", sizes, query, url)),
    images_get: ({ met }) => {
      const image = images.find(({ id, slug }) => String(id) === met.path.image_id || slug === met.path.image_id);
      if (!image) throw notFound();
      return ok({ image });
    },
    sshKeys_list: ({ query, url }) => ok(page("ssh_keys", world.keys.allSeen(world.seen), query, url)),
    sshKeys_get: ({ met }) => ok({ ssh_key: keyBy(met.path.ssh_key_identifier!) }),
    sshKeys_create: ({ body }) => {
      const [, base64 = ""] = String(body.public_key).split(" ");
      const md5 = createHash("md5").update(Buffer.from(base64, "base64")).digest("hex");
      const fingerprint = md5.replace(/(..)(?=.)/g, "$1:");
      if (world.keys.all().some((key) => key.fingerprint === fingerprint))
        throw unprocessable("SSH Key is already in use on your account");
      const key = { id: world.nextId(), name: String(body.name), fingerprint, public_key: String(body.public_key) };
      world.keys.set(String(key.id), world.now, key);
      return ok({ ssh_key: key }, 201);
    },
    sshKeys_delete: ({ met }) => {
      const key = world.keys.all().find(({ id }) => String(id) === met.path.ssh_key_identifier);
      if (!key) throw notFound();
      world.keys.set(String(key.id), world.now, undefined);
      return done;
    },
  };
}

function tagRoutes(world: World, droplets: Droplets): { [operation: string]: Route } {
  const assign =
    (on: boolean): Route =>
    ({ met, body }) => {
      const tag = met.path.tag_id!;
      if (!world.tags.get(tag)) throw notFound();
      for (const { resource_id } of body.resources) droplets.tag(resource_id, tag, on);
      return done;
    };
  return {
    tags_list: ({ query, url }) =>
      ok(
        page(
          "tags",
          world.tags.allSeen(world.seen).map((name) => tagShape(name, world)),
          query,
          url,
        ),
      ),
    tags_get: ({ met }) => {
      const tag = world.tags.seen(met.path.tag_id!, world.seen);
      if (tag === undefined) throw notFound();
      return ok({ tag: tagShape(tag, world) });
    },
    // One that is there already is made again: the answer is the same.
    tags_create: ({ body }) => {
      if (world.tags.get(body.name) === undefined) world.tags.set(body.name, world.now, body.name);
      return ok({ tag: tagShape(body.name, world) }, 201);
    },
    tags_delete: ({ met }) => {
      const tag = met.path.tag_id!;
      if (world.tags.get(tag) === undefined) throw notFound();
      for (const { id, tags } of world.droplets.all()) if (tags.includes(tag)) droplets.tag(String(id), tag, false);
      for (const firewall of world.firewalls.all())
        if (firewall.tags.includes(tag))
          world.firewalls.set(firewall.id, world.now, {
            ...firewall,
            tags: firewall.tags.filter((each) => each !== tag),
          });
      world.tags.set(tag, world.now, undefined);
      return done;
    },
    tags_assign_resources: assign(true),
    tags_unassign_resources: assign(false),
  };
}

function networkRoutes(world: World): { [operation: string]: Route } {
  const firewallOf = (id: string, created_at: string, body: Request["body"]): StoredFirewall => {
    const tags: string[] = body.tags ?? [];
    const unknown = tags.find((tag) => world.tags.get(tag) === undefined);
    if (unknown !== undefined) throw unprocessable(`tag ${unknown} does not exist`);
    if (world.firewalls.all().some((each) => each.name === body.name && each.id !== id))
      throw new Refusal(409, "conflict", "duplicate name");
    const { name, inbound_rules = [], outbound_rules = [], droplet_ids = [] } = body;
    return { id, name, created_at, tags, inbound_rules, outbound_rules, droplet_ids };
  };
  const firewall = (id: string): StoredFirewall => {
    const found = world.firewalls.seen(id, world.seen);
    if (!found) throw notFound();
    return found;
  };
  const put = (made: StoredFirewall, status: number): Answer => {
    world.firewalls.set(made.id, world.now, made);
    return ok({ firewall: firewallShape(made) }, status);
  };
  return {
    firewalls_list: ({ query, url }) =>
      ok(page("firewalls", world.firewalls.allSeen(world.seen).map(firewallShape), query, url)),
    firewalls_get: ({ met }) => ok({ firewall: firewallShape(firewall(met.path.firewall_id!)) }),
    firewalls_create: ({ body }) => put(firewallOf(randomUUID(), world.stamp(), body), 202),
    firewalls_update: ({ met, body }) => {
      const before = world.firewalls.get(met.path.firewall_id!);
      if (!before) throw notFound();
      return put(firewallOf(before.id, before.created_at, body), 200);
    },
    firewalls_delete: ({ met }) => {
      if (!world.firewalls.get(met.path.firewall_id!)) throw notFound();
      world.firewalls.set(met.path.firewall_id!, world.now, undefined);
      return done;
    },
    vpcs_list: ({ query, url }) => ok(page("vpcs", world.vpcs.allSeen(world.seen).map(vpcShape), query, url)),
    vpcs_get: ({ met }) => {
      const found = world.vpcs.seen(met.path.vpc_id!, world.seen);
      if (!found) throw notFound();
      return ok({ vpc: vpcShape(found) });
    },
    vpcs_create: ({ body }) => {
      if (world.vpcs.all().some(({ name }) => name === body.name)) throw unprocessable("VPC name must be unique");
      const { name, region, description = "" } = body;
      const own = { id: randomUUID(), created_at: world.stamp(), default: false, ip_range: "10.140.0.0/20" };
      const vpc = { ...own, name, region, description };
      world.vpcs.set(vpc.id, world.now, vpc);
      return ok({ vpc: vpcShape(vpc) }, 201);
    },
    vpcs_delete: ({ met }) => {
      const vpc = world.vpcs.get(met.path.vpc_id!);
      if (!vpc) throw notFound();
      if (vpc.default || world.droplets.all().some((droplet) => droplet.vpc === vpc.id))
        throw new Refusal(403, "forbidden", "Can not delete VPC with members");
      world.vpcs.set(vpc.id, world.now, undefined);
      return done;
    },
  };
}
