import { createHash } from "node:crypto";
import { type Data, fleetScope, type PlannedMachine, type Resource } from "@machinist/core";
import { ingressOf, ownAddressWord } from "@machinist/options";
import type { DropletProps, Options } from "./droplet-state.ts";
import type { FirewallProps } from "./firewall.ts";

export const dropletId = (machine: string): string => `${machine}/droplet`;

/** Pure. What machines share comes out the same for each; a firewall more, with a tag, where something else may come in. */
export function planMachine({ name, fleet, publicKey, keyMark, enginePort }: PlannedMachine, given: Data): Resource[] {
  const options = given as Options;
  const scope = fleetScope(fleet);
  const api = options["api-url"];
  const tag = (what: string): Resource => ({
    ...{ id: `${scope}/${what}`, kind: "digitalocean.tag", props: { api }, parents: [] },
  });
  const members = tag("members");
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
  const { name: rules, props: allowed } = planAccess(members.id, options, enginePort);
  const access = tag(`access-${rules}`);
  const firewall: Resource = {
    id: `${scope}/firewall-${rules}`,
    kind: "digitalocean.firewall",
    props: { ...allowed, tag: access.id },
    parents: [],
    after: [members.id, access.id],
  };
  const props: DropletProps = {
    ...{ api, name, members: members.id, access: access.id, key: key.id },
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
    after: [members.id, access.id, key.id, firewall.id],
  };
  return [members, key, access, firewall, ...(own ? [vpc] : []), droplet];
}

/**
 * What a machine's firewall lets in, and a name that is another's only where that is the same. DigitalOcean adds up all
 * firewalls of a droplet: each machine stands behind one, by a tag that tells that one alone.
 */
function planAccess(members: string, options: Options, enginePort: number | undefined) {
  const engine = enginePort === undefined ? [] : [String(enginePort)];
  const [ports, open] = [[String(options["ssh-port"]), ...engine], options["open-port"]].map((each) => [
    ...new Set(each),
  ]) as [string[], string[]];
  const ingress = ingressOf("ingress-cidr", options["ingress-cidr"]);
  const given = ingressOf("open-port-cidr", options["open-port-cidr"]);
  const openIngress = open.length === 0 ? [] : given.length === 0 ? ingress : given;
  const asks = [...ingress, ...openIngress].includes(ownAddressWord);
  const allowed = { ports, ingress, open: open.sort(), openIngress, addressUrl: asks ? options["address-url"] : "" };
  const name = createHash("sha256").update(JSON.stringify(allowed)).digest("hex").slice(0, 8);
  const props: Omit<FirewallProps, "tag"> = { api: options["api-url"], members, ...allowed };
  return { name, props };
}
