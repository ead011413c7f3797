/** What we read of DigitalOcean's answers: names and shapes are those of its official OpenAPI document. */

export type Account = {
  droplet_limit: number;
  uuid: string;
  status: "active" | "warning" | "locked";
  status_message: string;
  team?: { uuid?: string };
};

type Network = { ip_address?: string; type?: "public" | "private" };
export type Droplet = {
  id: number;
  name: string;
  status: "new" | "active" | "off" | "archive";
  created_at: string;
  size_slug: string;
  disk: number;
  size?: { disk: number };
  tags: string[];
  networks: { v4?: Network[] };
};

export type Action = { id?: number; status?: "in-progress" | "completed" | "errored" };
export type SshKey = { id?: number; name: string; fingerprint?: string; public_key: string };
export type Tag = { name?: string };
export type Vpc = { id?: string; name?: string; created_at?: string };

type Target = { addresses?: string[]; tags?: string[] | null };
export type Rule = { protocol: "tcp" | "udp" | "icmp"; ports: string; sources?: Target; destinations?: Target };
export type Firewall = {
  id?: string;
  name?: string;
  created_at?: string;
  tags?: string[] | null;
  inbound_rules?: Rule[] | null;
  outbound_rules?: Rule[] | null;
};

export type Region = { slug: string; available: boolean };
export type Size = {
  slug: string;
  available: boolean;
  regions: string[];
  disk: number;
  price_hourly?: number;
  price_monthly?: number;
};
export type Image = { regions?: string[]; min_disk_size?: number | null };
