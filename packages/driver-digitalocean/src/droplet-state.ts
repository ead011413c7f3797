type Texts<Key extends string> = { [key in Key]: string };
type Flags<Key extends string> = { [key in Key]: boolean };

/** `members` (a tag that all of the fleet have), `access` (one that tells the firewall), `key` and `vpc` are ids of resources. */
export type DropletProps = Texts<"api" | "name" | "region" | "size" | "image" | "members" | "access" | "key" | "user"> &
  Partial<Texts<"vpc" | "vpcUuid" | "fingerprint" | "userdata" | "keyPath">> &
  Flags<"ipv6" | "backups" | "monitoring" | "privateNetworking"> & { tags: string[]; port: number; growDisk?: boolean };

/**
 * `tag`: the name of its fleet's tag, `missing`: tags that it should have and has not, `extra`: tags of ours that it should not
 * have. `ownTags`: the user's tags that it bears because they were asked for; others may have put more there.
 */
export type DropletState = Texts<
  "api" | "account" | "status" | "address" | "privateAddress" | "size" | "tag" | "user"
> & {
  id: number;
  missing: string[];
  /** Absent in records of a version before. */
  extra?: string[];
  ownTags: string[];
  /** GB. */
  disk: number;
  port: number;
  keyPath: string;
  privateNetworking: boolean;
};

/** A driver's options as validated, with their defaults. */
export type Options = Texts<"image" | "size" | "region" | "address-url" | "ssh-user" | "api-url"> &
  Partial<Texts<"userdata" | "vpc-uuid" | "ssh-key-fingerprint" | "ssh-key-path">> &
  Flags<"backups" | "monitoring" | "ipv6" | "private-networking" | "vpc" | "resize-disk"> & {
    tags: string[];
    "ingress-cidr": string[];
    "open-port": string[];
    "open-port-cidr": string[];
    "ssh-port": number;
  };
