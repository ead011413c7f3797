/** What the test server offers: of each sort enough to choose rightly, and wrongly. */

const made = "2025-08-15T12:00:00Z";

const region = (slug: string, name: string, available: boolean) => ({
  slug,
  name,
  available,
  features: ["backups", "ipv6", "metadata"],
  sizes: ["s-1vcpu-1gb", "s-2vcpu-2gb"],
});

export const regions = [
  region("nyc3", "New York 3", true),
  region("ams3", "Amsterdam 3", true),
  region("fra1", "Frankfurt 1", true),
  region("sfo1", "San Francisco 1", false),
];

const size = (slug: string, vcpus: number, memory: number, disk: number, price: number, where: string[]) => ({
  slug,
  vcpus,
  memory,
  disk,
  transfer: vcpus,
  price_monthly: price,
  price_hourly: price / 672,
  regions: where,
  available: true,
  description: "Basic",
});

export const sizes = [
  size("s-1vcpu-1gb", 1, 1024, 25, 6, ["nyc3", "ams3", "fra1"]),
  size("s-1vcpu-2gb", 1, 2048, 50, 12, ["nyc3", "ams3", "fra1"]),
  size("s-2vcpu-2gb", 2, 2048, 60, 18, ["nyc3", "ams3"]),
  { ...size("s-4vcpu-8gb", 4, 8192, 160, 48, ["nyc3"]), available: false },
  size("g-2vcpu-8gb", 2, 8192, 25, 63, ["ams3"]),
];

const image = (id: number, slug: string | null, distribution: string, name: string, where: string[], disk: number) => ({
  id,
  slug,
  distribution,
  name,
  type: slug === null ? "custom" : "base",
  public: slug !== null,
  regions: where,
  created_at: made,
  min_disk_size: disk,
  size_gigabytes: 2.3,
  description: name,
  tags: [],
  status: "available",
});

const everywhere = ["nyc3", "ams3", "fra1"];
export const images = [
  image(195_932_981, "debian-13-x64", "Debian", "13 x64", everywhere, 10),
  image(139_549_246, "debian-12-x64", "Debian", "12 x64", everywhere, 10),
  image(155_133_621, "ubuntu-24-04-x64", "Ubuntu", "24.04 (LTS) x64", everywhere, 10),
  image(177_000_001, null, "Debian", "golden", ["nyc3"], 40),
];
