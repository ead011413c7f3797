import type { OptionSchema, OptionsSchema } from "@machinist/core";

const option = (
  group: string,
  type: OptionSchema["type"],
  name: string,
  description: string,
  more: Partial<OptionSchema> = {},
): { [option: string]: OptionSchema } => {
  const variable = `DIGITALOCEAN_${name.toUpperCase().replaceAll("-", "_")}`;
  return { [name]: { type, description, "x-env": variable, "x-group": group, ...more } };
};

const slug = { pattern: "^[a-z0-9][a-z0-9-]*$" };
const list = (pattern: string, given: string[] = []) => ({
  items: { type: "string" as const, pattern },
  default: given,
});

const cidr = "^(auto|[0-9a-fA-F:.]+/[0-9]{1,3})$";

const [droplet, network, access, service] = ["Droplet", "Network", "Access", "Service"] as const;

export const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...option(droplet, "string", "image", "Image: a slug, or the number of one of your own", {
      ...slug,
      default: "debian-13-x64",
    }),
    ...option(droplet, "string", "size", "Size; can be changed in place, which leaves the disk as it is", {
      ...slug,
      default: "s-1vcpu-1gb",
    }),
    ...option(droplet, "boolean", "resize-disk", "Let a larger size grow the disk too, which cannot be undone", {
      default: false,
    }),
    ...option(droplet, "string", "region", "Region", { ...slug, default: "nyc3" }),
    ...option(droplet, "boolean", "backups", "Let DigitalOcean back it up", { default: false }),
    ...option(droplet, "boolean", "monitoring", "Install DigitalOcean's monitoring agent", { default: false }),
    ...option(droplet, "string", "userdata", "File with cloud-init user-data; ours is added to it", { format: "path" }),
    ...option(droplet, "array", "tags", "Tags to put on the droplet", list("^[a-zA-Z0-9_:-]{1,255}$")),
    ...option(network, "boolean", "ipv6", "Give it an IPv6 address too", { default: false }),
    ...option(
      network,
      "boolean",
      "private-networking",
      "Let the machines of the fleet reach each other at their private addresses (all in one region)",
      { default: false },
    ),
    ...option(network, "boolean", "vpc", "Make a VPC for the fleet, one in each region", { default: false }),
    ...option(network, "string", "vpc-uuid", "A VPC of yours to put it into; default: the region's own", {
      pattern: "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$",
    }),
    ...option(
      network,
      "array",
      "ingress-cidr",
      "Who may reach SSH and Docker: CIDR ranges; auto: you, as seen from outside",
      list(cidr, ["auto"]),
    ),
    ...option(
      network,
      "array",
      "open-port",
      "More TCP ports, or ranges of ports, to open",
      list("^[0-9]{1,5}(-[0-9]{1,5})?$"),
    ),
    ...option(
      network,
      "array",
      "open-port-cidr",
      "Who may reach the open ports, as 0.0.0.0/0 for everybody; default: those of ingress-cidr",
      list(cidr),
    ),
    ...option(
      network,
      "string",
      "address-url",
      "Service that tells the address from which you call, for ingress-cidr auto",
      {
        pattern: "^https?://\\S+$",
        default: "https://checkip.amazonaws.com",
        "x-service": true,
      },
    ),
    ...option(access, "string", "ssh-user", "User to log in as", { default: "root", pattern: "^[a-z_][a-z0-9_-]*$" }),
    ...option(access, "integer", "ssh-port", "Port of the image's SSH", { default: 22, minimum: 1, maximum: 65535 }),
    ...option(access, "string", "ssh-key-fingerprint", "Fingerprint of a key in your account that may log in too", {
      pattern: "^([0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){15})?$",
    }),
    ...option(access, "string", "ssh-key-path", "Private key to log in with instead of the fleet's own", {
      format: "path",
    }),
    ...option(service, "string", "api-url", "Address of DigitalOcean's API", {
      default: "https://api.digitalocean.com",
      "x-service": true,
    }),
  },
};
