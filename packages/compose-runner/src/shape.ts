/** What a reading of compose files says of each service, as far as it does not depend on where they were read. */
export type Shape = ReadonlyMap<string, ServiceShape>;

type ServiceShape = { readonly [key in (typeof KEYS)[number]]: string };

const KEYS = ["image", "replicas", "ports", "command", "profiles"] as const;

/** What `docker compose config` says of one service, as far as it is compared. */
export interface ServiceConfig {
  readonly image?: unknown;
  readonly command?: unknown;
  readonly ports?: unknown;
  readonly profiles?: unknown;
  readonly scale?: unknown;
  readonly deploy?: { readonly replicas?: unknown } | null;
}

export function shapeOf(services: { readonly [name: string]: ServiceConfig }): Shape {
  return new Map(
    Object.entries(services).map(([name, service]) => [
      name,
      {
        image: text(service.image),
        replicas: String(replicasOf(service)),
        ports: text(listOf(service.ports).map(portOf).sort()),
        command: text(listOf(service.command).map(String)),
        profiles: text(listOf(service.profiles).map(String).sort()),
      },
    ]),
  );
}

/** Some versions print numbers as texts. */
export function replicasOf({ deploy, scale }: ServiceConfig): number {
  return numberOf(deploy?.replicas) ?? numberOf(scale) ?? 1;
}

const numberOf = (value: unknown): number | undefined =>
  (typeof value === "number" || typeof value === "string") && /^\d+$/.test(String(value)) ? Number(value) : undefined;

/** Names of services and of what is read of them in another way: `web (ports)`. Not a value is in them. */
export function differencesOf(here: Shape, there: Shape, machine: string): string[] {
  return [...new Set([...here.keys(), ...there.keys()])].sort().flatMap((name) => {
    const [own, other] = [here.get(name), there.get(name)];
    if (own === undefined) return `${name} (only on ${machine})`;
    if (other === undefined) return `${name} (only here)`;
    const keys = KEYS.filter((key) => own[key] !== other[key]);
    return keys.length === 0 ? [] : `${name} (${keys.join(", ")})`;
  });
}

const text = (value: unknown): string => JSON.stringify(value ?? null);

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** What one version leaves out, since it goes without saying, another writes. */
function portOf(port: unknown): string {
  if (typeof port !== "object" || port === null) return text(port);
  const said = Object.entries({ mode: "ingress", protocol: "tcp", ...port }).map(([key, value]) => [
    key,
    String(value),
  ]);
  return text(said.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)));
}
