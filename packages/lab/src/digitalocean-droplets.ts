import type { CloudHost, CloudHosts } from "./cloud-hosts.ts";
import { images, regions, sizes } from "./digitalocean-catalogue.ts";
import {
  notFound,
  Refusal,
  type StoredAction,
  type StoredDroplet,
  unprocessable,
  type World,
} from "./digitalocean-world.ts";

/** What a request to make droplets says. */
interface Creation {
  readonly name?: string;
  readonly names?: readonly string[];
  readonly region?: string;
  readonly size: string;
  readonly image: string | number;
  readonly ssh_keys?: readonly (string | number)[];
  readonly tags?: readonly string[] | null;
  readonly user_data?: string;
  readonly vpc_uuid?: string;
  readonly ipv6?: boolean;
  readonly backups?: boolean;
}

/** What a request to act on a droplet says. */
interface Asked {
  readonly type: string;
  readonly name?: string;
  readonly size?: string;
  readonly disk?: boolean;
}

export interface Timing {
  /** From "new" to "active", in ms of the server's clock. */
  readonly bootMs: number;
  /** How long an action, or the end of a destroyed droplet, takes. */
  readonly actionMs: number;
}

/** Droplets: made many at once, changed by actions that take their time, gone a while after they were told to go. */
export class Droplets {
  readonly #world: World;
  readonly #timing: Timing;
  readonly #hosts: CloudHosts | undefined;
  readonly #booted = new Map<number, Promise<CloudHost>>();
  /** These do not shut down when they are asked to. */
  readonly deaf = new Set<string>();

  constructor(world: World, timing: Timing, hosts: CloudHosts | undefined) {
    this.#world = world;
    this.#timing = timing;
    this.#hosts = hosts;
  }

  list({ tag, name }: { tag?: string | undefined; name?: string | undefined }): StoredDroplet[] {
    const all = this.#world.droplets.allSeen(this.#world.seen);
    return all.filter(
      (each) =>
        (tag === undefined || each.tags.includes(tag)) &&
        (name === undefined || each.name.toLowerCase() === name.toLowerCase()),
    );
  }

  get(id: string): StoredDroplet {
    const found = this.#world.droplets.seen(id, this.#world.seen);
    if (!found) throw notFound();
    return found;
  }

  create(asked: Creation): StoredDroplet[] {
    const world = this.#world;
    const names = asked.names ?? [String(asked.name)];
    const { size, image, region, vpc, keys } = this.#checked(asked, names);
    const made = names.map((name): StoredDroplet => {
      const id = world.nextId();
      const tags = [...new Set(asked.tags ?? [])];
      const address = this.#hosts ? "" : `198.18.${Math.floor(id / 250) % 250}.${(id % 250) + 1}`;
      return {
        ...{ id, name, status: "new", created_at: world.stamp(), busy: "", address },
        ...{ region, size: size.slug, disk: size.disk, image: image.id, tags, vpc },
        ...{ ipv6: asked.ipv6 ?? false, backups: asked.backups ?? false },
        privateAddress: `10.100.${Math.floor(id / 250) % 250}.${(id % 250) + 1}`,
      };
    });
    for (const droplet of made) {
      for (const tag of droplet.tags) world.tags.set(tag, world.now, tag);
      world.droplets.set(String(droplet.id), world.now, droplet);
      if (this.#hosts) this.#boot(droplet, asked.user_data ?? "", keys);
      else world.later(this.#timing.bootMs, (at) => this.#change(droplet.id, at, { status: "active" }));
    }
    return made;
  }

  /** Accepted; it is gone a while later. A second request finds nothing to destroy. */
  destroy(id: string): void {
    const droplet = this.#world.droplets.get(id);
    if (!droplet || droplet.busy === "destroy") throw notFound();
    this.#change(droplet.id, this.#world.now, { busy: "destroy" });
    const host = this.#booted.get(droplet.id);
    this.#booted.delete(droplet.id);
    const gone = (at: number) => this.#world.droplets.set(id, at, undefined);
    if (host) void host.then((each) => each.remove()).then(() => gone(this.#world.now));
    else this.#world.later(this.#timing.actionMs, gone);
  }

  act(id: string, asked: Asked): StoredAction {
    const droplet = this.#world.droplets.get(id);
    if (!droplet || droplet.busy === "destroy") throw notFound();
    if (droplet.busy === "action" || droplet.status === "new")
      throw unprocessable("Droplet already has a pending event.");
    const change = this.#effect(droplet, asked);
    const world = this.#world;
    const action: StoredAction = {
      ...{ id: world.nextId(), type: asked.type, status: "in-progress", droplet: droplet.id, region: droplet.region },
      ...{ started_at: world.stamp(), completed_at: null },
    };
    world.actions.set(String(action.id), world.now, action);
    this.#change(droplet.id, world.now, { busy: "action" });
    const end = (at: number) => {
      world.actions.set(String(action.id), at, { ...action, status: "completed", completed_at: world.stamp(at) });
      this.#change(droplet.id, at, { ...change, busy: "" });
    };
    const host = this.#booted.get(droplet.id);
    if (host) void host.then((each) => power(each, asked.type)).then(() => end(world.now));
    else world.later(this.#timing.actionMs, end);
    return action;
  }

  action(droplet: string, id: string): StoredAction {
    const found = this.#world.actions.seen(id, this.#world.now);
    if (!found || String(found.droplet) !== droplet) throw notFound();
    return found;
  }

  tag(id: string, tag: string, on: boolean): void {
    const droplet = this.#world.droplets.get(id);
    if (!droplet) throw notFound();
    const others = droplet.tags.filter((each) => each !== tag);
    this.#change(droplet.id, this.#world.now, { tags: on ? [...others, tag] : others });
  }

  /** Something that its owner never asked for: a change behind everybody's back. */
  meddle(id: number, change: Partial<StoredDroplet>): void {
    this.#change(id, this.#world.now, change);
  }

  #effect(droplet: StoredDroplet, { type, name, size, disk }: Asked): Partial<StoredDroplet> {
    const off = droplet.status === "off";
    switch (type) {
      case "power_on":
        if (!off) throw unprocessable("Droplet is already powered on.");
        return { status: "active" };
      case "shutdown":
      case "power_off":
        if (off) throw unprocessable("Droplet is already powered off.");
        return type === "shutdown" && this.deaf.has(droplet.name) ? {} : { status: "off" };
      case "reboot":
      case "power_cycle":
        if (off) throw unprocessable("Droplet is currently powered off.");
        return {};
      case "rename":
        return name === undefined ? {} : { name };
      case "resize": {
        const to = sizes.find((each) => each.slug === size);
        if (!off) throw unprocessable("Droplet must be powered off to resize.");
        if (!to?.available || !to.regions.includes(droplet.region))
          throw unprocessable("Size is not available for this droplet.");
        if (to.disk < droplet.disk) throw unprocessable("This size is not available because it has a smaller disk.");
        return { size: to.slug, ...(disk ? { disk: to.disk } : {}) };
      }
      default:
        throw unprocessable(`This server does not know the action ${type}.`);
    }
  }

  #checked(asked: Creation, names: readonly string[]) {
    const world = this.#world;
    const size = sizes.find((each) => each.slug === asked.size && each.available);
    const image = images.find((each) => each.slug === asked.image || each.id === asked.image);
    const region = regions.find((each) => each.slug === (asked.region ?? "nyc3") && each.available)?.slug;
    if (names.length > 10) throw unprocessable("You can create at most 10 Droplets at once.");
    if (!size) throw unprocessable("You specified an invalid size for Droplet creation.");
    if (!image) throw unprocessable("You specified an invalid image for Droplet creation.");
    if (!region) throw unprocessable("You specified an invalid region for Droplet creation.");
    if (!size.regions.includes(region)) throw unprocessable("Size is not available in this region.");
    if (!image.regions.includes(region))
      throw unprocessable("The image you specified is not available in the selected region.");
    if (Buffer.byteLength(asked.user_data ?? "") > 65_536) throw unprocessable("User data cannot exceed 64 KiB.");
    if (world.droplets.all().length + names.length > world.dropletLimit)
      throw unprocessable("creating this/these droplet(s) will exceed your droplet limit");
    const keys = (asked.ssh_keys ?? []).map((wanted) => {
      const key = world.keys.all().find(({ id, fingerprint }) => id === wanted || fingerprint === wanted);
      if (!key) throw unprocessable(`${wanted} are invalid key identifiers for Droplet creation.`);
      return key.public_key;
    });
    const given = asked.vpc_uuid;
    const vpc = world.vpcs
      .all()
      .find((each) => (given === undefined ? each.default && each.region === region : each.id === given));
    if (!vpc) throw new Refusal(422, "unprocessable_entity", "VPC is not found.");
    return { size, image, region, vpc: vpc.id, keys };
  }

  #change(id: number, at: number, change: Partial<StoredDroplet>): void {
    const droplet = this.#world.droplets.get(String(id));
    if (droplet) this.#world.droplets.set(String(id), at, { ...droplet, ...change });
  }

  #boot(droplet: StoredDroplet, userData: string, publicKeys: readonly string[]): void {
    const host = this.#hosts!.start({ name: droplet.name.split(".")[0]!, userData, publicKeys });
    this.#booted.set(droplet.id, host);
    host.then(
      ({ address }) => this.#change(droplet.id, this.#world.now, { status: "active", address }),
      (error) => this.failures.push(error),
    );
  }

  /** Hosts that could not be booted, and why. */
  readonly failures: unknown[] = [];
}

async function power(host: CloudHost, action: string): Promise<void> {
  if (["resize", "rename"].includes(action)) return;
  if (action !== "power_on") await host.stop();
  if (!["shutdown", "power_off"].includes(action)) await host.start();
}
