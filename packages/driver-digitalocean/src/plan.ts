import { createHash } from "node:crypto";
import { type Data, fleetScope, type PlannedMachine, type Resource } from "@machinist/core";
import type { DropletProps, Options } from "./droplet-state.ts";

export const dropletId = (machine: string): string => `${machine}/droplet`;

/** Pure. What machines share comes out the same for each; a firewall more where their ports differ. */
export function planMachine({ name, fleet, publicKey, keyMark, enginePort }: PlannedMachine, given: Data): Resource[] {
  const options = given as Options;
  const scope = fleetScope(fleet);
  const api = options["api-url"];
  const tag: Resource = { id: `${scope}/tag`, kind: "digitalocean.tag", props: { api }, parents: [] };
  const key: Resource = {
    id: keyMark === undefined ? `${scope}/ssh-key` : `${scope}/ssh-key-${keyMark}`,
    kind: "digitalocean.ssh-key",
    props: { api, publicKey },
    parents: [],
  };
  const vpc: Resource = {
    id: `${scope}/vpc:${options.region}`,
    kind: "digitalocean.vpc",
    props: { api, region: options.region },
    parents: [],
  };
  const own = options.vpc && !options["vpc-uuid"];
  const firewall = planFirewall(scope, tag.id, options, enginePort);
  const props: DropletProps = {
    ...{ api, name, tag: tag.id, key: key.id },
    ...{ region: options.region, size: options.size, image: options.image, tags: options.tags },
    ...{ ipv6: options.ipv6, backups: options.backups, monitoring: options.monitoring },
    ...{ user: options["ssh-user"], port: options["ssh-port"] },
    // Absent where it is not asked for: machines that were made without it are as declared.
    ...(options["resize-disk"] ? { growDisk: true } : {}),
    privateNetworking: options["private-networking"] || own,
    ...(own ? { vpc: vpc.id } : {}),
    ...(options["vpc-uuid"] ? { vpcUuid: options["vpc-uuid"] } : {}),
    ...(options["ssh-key-fingerprint"] ? { fingerprint: options["ssh-key-fingerprint"].toLowerCase() } : {}),
    ...(options["ssh-key-path"] ? { keyPath: options["ssh-key-path"] } : {}),
    ...(options.userdata ? { userdata: options.userdata } : {}),
  };
  const droplet: Resource = {
    id: dropletId(name),
    kind: "digitalocean.droplet",
    props,
    parents: own ? [vpc.id] : [],
    // The firewall is there before the first droplet is.
    after: [tag.id, key.id, firewall.id],
  };
  return [tag, key, firewall, ...(own ? [vpc] : []), droplet];
}

function planFirewall(scope: string, tag: string, options: Options, enginePort: number | undefined): Resource {
  const engine = enginePort === undefined ? [] : [String(enginePort)];
  const ports = [...new Set([String(options["ssh-port"]), ...engine, ...options["open-port"]])];
  const rules = createHash("sha256").update(JSON.stringify(ports)).digest("hex").slice(0, 8);
  return {
    id: `${scope}/firewall-${rules}`,
    kind: "digitalocean.firewall",
    props: {
      ...{ api: options["api-url"], tag, ports },
      ...{ ingress: options["ingress-cidr"], addressUrl: options["address-url"] },
    },
    parents: [],
    after: [tag],
  };
}
