import { createHash } from "node:crypto";
import { type Data, fleetScope, MachinistError, type PlannedMachine, type Resource } from "@machinist/core";
import type { Place } from "./account.ts";
import type { InstanceProps, Reach } from "./instance-state.ts";
import { parseTags } from "./marks.ts";
import type { GroupProps } from "./security-group.ts";

/** The API that the options speak of. */
export function placeOf(options: Data): Place {
  const [region, given] = [String(options.region), String(options.endpoint ?? "")];
  const scheme = options["insecure-transport"] === true ? "http" : "https";
  return { region, endpoint: given === "" || /^https?:\/\//.test(given) ? given : `${scheme}://${given}` };
}

/** What one machine takes. Pure; what must be looked up is looked up when it is made. */
export function plan({ name, fleet, publicKey }: PlannedMachine, options: Data): Resource[] {
  const place = placeOf(options);
  const props = instanceProps(name, place, options);
  const resources: Resource[] = [];
  const after: string[] = [];
  // Machines of one fleet may be in several regions, or let in different ports: what they share tells by its name for whom.
  const share = (what: string, kind: string, shared: Data) => {
    const id = `${fleetScope(fleet)}/${what}-${place.region}-${digest(shared)}`;
    resources.push({ id, kind: `amazonec2.${kind}`, props: shared, parents: [] });
    after.push(id);
    return id;
  };
  if (props.keyName === "") props.keyPair = share("key", "key-pair", { place, publicKey });
  const group = groupProps(place, props, options);
  if (group.from.length + group.open.length > 0) props.group = share("group", "security-group", group);
  const instance = { id: `${name}/instance`, kind: "amazonec2.instance", props, parents: [], after };
  resources.push(instance);
  if (props.reach === "elastic") {
    const address = { id: `${name}/address`, kind: "amazonec2.elastic-address", props: { place }, parents: [] };
    const joined = { place, instance: instance.id, address: address.id };
    const parents = [instance.id, address.id];
    resources.push(address, { id: `${name}/association`, kind: "amazonec2.association", props: joined, parents });
  }
  return resources;
}

const digest = (data: Data): string => createHash("sha256").update(JSON.stringify(data)).digest("hex").slice(0, 6);

function groupProps(place: Place, { vpcId, subnetId, port, theirGroups }: InstanceProps, options: Data): GroupProps {
  return {
    place,
    vpcId,
    subnetId: vpcId === "" ? subnetId : "",
    // The user's own groups say who reaches the machine; ports to open beside them need a group of ours.
    from: theirGroups.length > 0 ? [] : list(options["ingress-cidr"]),
    addressService: String(options["address-service"]),
    ports: [port, Number(options["engine-port"])],
    open: list(options["open-port"]),
  };
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function instanceProps(name: string, place: Place, options: Data): InstanceProps {
  const text = (option: string): string => String(options[option] ?? "");
  const number = (option: string): number => Number(options[option] ?? 0);
  const on = (option: string): boolean => options[option] === true;
  if ((text("keypair-name") === "") !== (text("ssh-keypath") === ""))
    throw new MachinistError("options.invalid", "Options keypair-name and ssh-keypath belong together", {
      hint: "Give --amazonec2-keypair-name with --amazonec2-ssh-keypath, or neither: then a key is made",
    });
  return {
    place,
    name,
    image: text("ami"),
    type: text("instance-type"),
    zone: text("zone"),
    vpcId: text("vpc-id"),
    subnetId: text("subnet-id"),
    group: "",
    theirGroups: list(options["security-group"]),
    keyPair: "",
    keyName: text("keypair-name"),
    rootSize: number("root-size"),
    volumeType: text("volume-type"),
    iops: number("volume-iops"),
    device: text("device-name"),
    encrypted: on("encrypt-ebs-volume") || text("kms-key") !== "",
    kmsKey: text("kms-key"),
    iamProfile: text("iam-instance-profile"),
    monitoring: on("monitoring"),
    ebsOptimized: on("use-ebs-optimized-instance"),
    ipv6: Math.max(number("ipv6-address-count"), on("ipv6-address-only") ? 1 : 0),
    primaryIpv6: on("enable-primary-ipv6"),
    metadata: {
      HttpEndpoint: text("http-endpoint"),
      HttpTokens: text("metadata-token") === "" ? text("http-tokens") : text("metadata-token"),
      HttpPutResponseHopLimit: number("metadata-token-response-hop-limit") || number("http-put-response-hop-limit"),
      HttpProtocolIpv6: text("http-protocol-ipv6"),
    },
    spot: on("request-spot-instance"),
    spotPrice: text("spot-price"),
    spotFallback: on("spot-fallback"),
    tags: parseTags(list(options.tags)),
    userData: text("userdata"),
    reach: reachOf(on),
    user: text("ssh-user"),
    port: number("ssh-port"),
    keyPath: text("ssh-keypath"),
  };
}

function reachOf(on: (option: string) => boolean): Reach {
  if (on("ipv6-address-only")) return "ipv6";
  if (on("private-address-only")) return "private";
  if (on("elastic-address")) return "elastic";
  return on("use-private-address") ? "private" : "public";
}
