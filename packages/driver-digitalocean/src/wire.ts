/** What we read of DigitalOcean's answers: names and shapes are those of its official OpenAPI document. */

export interface Account {
  readonly droplet_limit: number;
  readonly uuid: string;
  readonly status: "active" | "warning" | "locked";
  readonly status_message: string;
  readonly team?: { readonly uuid?: string };
}

export interface Droplet {
  readonly id: number;
  readonly name: string;
  readonly status: "new" | "active" | "off" | "archive";
  readonly created_at: string;
  readonly size_slug: string;
  readonly tags: readonly string[];
  readonly networks: {
    readonly v4?: readonly { readonly ip_address?: string; readonly type?: "public" | "private" }[];
  };
}

export interface Action {
  readonly id?: number;
  readonly status?: "in-progress" | "completed" | "errored";
}

export interface SshKey {
  readonly id?: number;
  readonly name: string;
  readonly fingerprint?: string;
  readonly public_key: string;
}

export interface Tag {
  readonly name?: string;
}

export interface Vpc {
  readonly id?: string;
  readonly name?: string;
  readonly created_at?: string;
}

export interface Rule {
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly ports: string;
  readonly sources?: Target;
  readonly destinations?: Target;
}

export interface Target {
  readonly addresses?: string[];
  readonly tags?: string[] | null;
}

export interface Firewall {
  readonly id?: string;
  readonly name?: string;
  readonly created_at?: string;
  readonly tags?: readonly string[] | null;
  readonly inbound_rules?: readonly Rule[] | null;
  readonly outbound_rules?: readonly Rule[] | null;
}

export interface Region {
  readonly slug: string;
  readonly available: boolean;
}

export interface Size {
  readonly slug: string;
  readonly available: boolean;
  readonly regions: readonly string[];
  readonly disk: number;
}

export interface Image {
  readonly regions?: readonly string[];
  readonly min_disk_size?: number | null;
}
