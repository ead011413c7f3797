import { newBootSecret } from "@machinist/cloud-init";
import { type Data, MachinistError } from "@machinist/core";
import type { Droplet, Image, Region, Size } from "./api-types.ts";
import { firstBoot } from "./creating.ts";
import type { Options } from "./droplet-state.ts";
import type { CallerRange } from "./ingress.ts";
import type { Views } from "./marked-kind.ts";

/**
 * Look whether the machines could be made: one set of calls for all of them that are asked about at once. The first
 * problem of each machine, or nothing, in their order. Throws what concerns them all.
 */
export async function preflight(
  machines: readonly Data[],
  views: Views,
  callerOf: CallerRange,
  signal: AbortSignal,
): Promise<(Error | undefined)[]> {
  const all = machines as readonly Options[];
  const [first] = all as readonly [Options];
  const view = views(first["api-url"]);
  const { api } = view;
  const account = await api.account(signal);
  if (account.status === "locked")
    throw new MachinistError("digitalocean.locked", `The account is locked: ${account.status_message}`, {
      hint: "Ask DigitalOcean's support",
    });
  const once = <T>(work: (key: string) => Promise<T>) => {
    const known = new Map<string, Promise<T>>();
    return (key: string): Promise<T> => {
      const result = known.get(key) ?? work(key);
      known.set(key, result);
      return result;
    };
  };
  const image = once((name) => api.find<{ image: Image }>(`/v2/images/${name}`, signal, "image"));
  const sshKey = once((print) => api.find(`/v2/account/keys/${encodeURIComponent(print)}`, signal));
  const vpc = once((id) => api.find(`/v2/vpcs/${id}`, signal));
  const [regions, sizes, droplets] = await Promise.all([
    api.list<Region>("/v2/regions", "regions", signal),
    view.sizes(signal).then(({ items }) => items),
    api.get<{ droplets: Droplet[]; meta: { total?: number } }>("/v2/droplets?per_page=1", signal, "meta"),
  ]);
  const there = droplets.meta.total ?? 0;
  if (there + all.length > account.droplet_limit)
    throw new MachinistError(
      "digitalocean.quota",
      `The account has ${there} droplets of at most ${account.droplet_limit}: ${all.length} more do not fit`,
      { hint: "Remove what is not needed, or ask for a higher limit at cloud.digitalocean.com/account/team" },
    );
  return Promise.all(
    all.map(async (options) => {
      const [found, key, network] = await Promise.all([
        image(options.image),
        options["ssh-key-fingerprint"] ? sshKey(options["ssh-key-fingerprint"].toLowerCase()) : true,
        options["vpc-uuid"] ? vpc(options["vpc-uuid"]) : true,
      ]);
      const problem = validate(options, regions, sizes, found?.image);
      if (problem) return problem;
      if (!key)
        return new MachinistError("digitalocean.ssh-key", "The account has no SSH key of the fingerprint given", {
          hint: "List them: doctl compute ssh-key list; or leave --digitalocean-ssh-key-fingerprint out",
        });
      if (!network)
        return new MachinistError("digitalocean.vpc", `There is no VPC ${options["vpc-uuid"]}`, {
          hint: "List them: doctl vpcs list; or leave --digitalocean-vpc-uuid out",
        });
      return files(options, callerOf);
    }),
  );
}

/** Whether region, size and image are there, and fit each other. Pure. */
export function validate(
  options: Pick<Options, "region" | "size" | "image">,
  regions: readonly Region[],
  sizes: readonly Size[],
  image: Image | undefined,
): MachinistError | undefined {
  const region = regions.find((each) => each.slug === options.region);
  const open = regions.filter((each) => each.available).map((each) => each.slug);
  if (!region?.available)
    return new MachinistError(
      "digitalocean.region",
      `Region ${options.region} ${region ? "takes no new droplets" : "is not known"}`,
      { hint: `Choose one of ${open.join(", ")}` },
    );
  const size = sizes.find((each) => each.slug === options.size);
  if (!size?.available || !size.regions.includes(options.region)) {
    const here = sizes.filter((each) => each.available && each.regions.includes(options.region));
    return new MachinistError(
      "digitalocean.size",
      `Size ${options.size} is not ${size ? `available in ${options.region}` : "known"}`,
      {
        hint: `Choose one of ${here
          .slice(0, 8)
          .map((each) => each.slug)
          .join(", ")}: doctl compute size list`,
      },
    );
  }
  if (!image?.regions?.includes(options.region))
    return new MachinistError(
      "digitalocean.image",
      `Image ${options.image} is not ${image ? `available in ${options.region}` : "known"}`,
      { hint: "List them: doctl compute image list-distribution" },
    );
  if ((image.min_disk_size ?? 0) > size.disk)
    return new MachinistError(
      "digitalocean.size",
      `Image ${options.image} needs a disk of ${image.min_disk_size} GB, and size ${options.size} has ${size.disk}`,
      { hint: "Choose a larger size" },
    );
  return undefined;
}

async function files(options: Options, callerOf: CallerRange): Promise<Error | undefined> {
  try {
    await firstBoot(
      {
        ...(options.userdata ? { userdata: options.userdata } : {}),
        ...(options["ssh-key-path"] ? { keyPath: options["ssh-key-path"] } : {}),
        ...(options["ssh-key-fingerprint"] ? { fingerprint: options["ssh-key-fingerprint"] } : {}),
      },
      newBootSecret(),
    );
    if ([...options["ingress-cidr"], ...options["open-port-cidr"]].includes("auto"))
      await callerOf(options["address-url"]);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
