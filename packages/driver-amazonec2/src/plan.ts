import { createHash } from "node:crypto";
import { type Data, fleetScope, MachinistError, type PlannedMachine, type Resource } from "@machinist/core";
import { ingressOf, ownAddressWord } from "@machinist/options";
import { type InstanceProps, machineOptions, type Reach } from "./instance-state.ts";
import { membersLocal } from "./members.ts";
import type { Options } from "./options.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import type { GroupProps } from "./security-group.ts";
import { parseTags } from "./user-tags.ts";

/** The API that the options speak of. */
export function placeOf(options: Data): ProviderEndpoint {
  const { region, endpoint = "", "insecure-transport": clear } = options as Options;
  const bare = endpoint !== "" && !/^https?:\/\//.test(endpoint);
  return { region, endpoint: bare ? `${clear ? "http" : "https"}://${endpoint}` : endpoint, account: "" };
}

/** What one machine takes. Pure; what must be looked up is looked up when it is made. */
export function plan({ name, fleet, publicKey, enginePort }: PlannedMachine, data: Data): Resource[] {
  const options = data as Options;
  const place = placeOf(options);
  const props = instanceProps(name, place, options);
  const resources: Resource[] = [];
  const after: string[] = [];
  // Machines of one fleet may be in several regions, or let in different ports: what they share tells by its name for whom.
  const share = (what: string, kind: string, shared: Data) => {
    const digest = createHash("sha256").update(JSON.stringify(shared)).digest("hex").slice(0, 6);
    const id = `${fleetScope(fleet)}/${what}-${place.region}-${digest}`;
    resources.push({ id, kind: `amazonec2.${kind}`, props: shared, parents: [] });
    after.push(id);
    return id;
  };
  if (props["keypair-name"] === "") props.keyPair = share("key", "key-pair", { place, publicKey });
  const group = groupProps(place, options, props.reach, enginePort);
  if (group.from.length + group.open.length > 0) props.group = share("group", "security-group", group);
  if (options["security-group"].length === 0)
    props.members = share(membersLocal.slice(0, -1), "security-group", membersProps(group));
  const instance = { id: `${name}/instance`, kind: "amazonec2.instance", props, parents: [], after };
  if (props.reach !== "elastic") return [...resources, instance];
  // The address goes after the instance, whose end EC2 may refuse, and which takes the association with it.
  const address = { id: `${name}/address`, kind: "amazonec2.elastic-address", props: { place }, parents: [] };
  after.push(address.id);
  const joined = { place, instance: instance.id, address: address.id };
  const association = { id: `${name}/association`, kind: "amazonec2.association", props: joined };
  return [...resources, address, instance, { ...association, parents: [instance.id], after: [address.id] }];
}

/** What opens nothing but the way from one machine of the fleet to another, whatever else each of them lets in. */
const membersProps = ({ place, vpcId, subnetId }: GroupProps): GroupProps => ({
  ...{ place, vpcId, subnetId, members: true },
  ...{ from: [], addressService: "", ports: [], open: [] },
});

function groupProps(
  place: ProviderEndpoint,
  options: Options,
  reach: Reach,
  enginePort: number | undefined,
): GroupProps {
  const auto = options["security-group"].length === 0 && options["ingress-cidr"].includes(ownAddressWord);
  return {
    place,
    vpcId: options["vpc-id"],
    subnetId: options["vpc-id"] === "" ? options["subnet-id"] : "",
    // The user's own groups say who reaches the machine; ports to open beside them need a group of ours.
    from: options["security-group"].length > 0 ? [] : ingressOf("ingress-cidr", options["ingress-cidr"]),
    addressService: options["address-service"],
    ports: [options["ssh-port"], ...(enginePort === undefined ? [] : [enginePort])],
    open: options["open-port"],
    ...(auto && (reach === "private" || reach === "ipv6") ? { way: reach } : {}),
  };
}

function instanceProps(name: string, place: ProviderEndpoint, options: Options): InstanceProps {
  if ((options["keypair-name"] === "") !== (options["ssh-keypath"] === ""))
    throw new MachinistError("options.invalid", "Options keypair-name and ssh-keypath belong together", {
      hint: "Give --amazonec2-keypair-name with --amazonec2-ssh-keypath, or neither: then a key is made",
    });
  const chosen = Object.fromEntries(machineOptions.map((option) => [option, options[option]]));
  return {
    ...(chosen as Pick<Options, (typeof machineOptions)[number]>),
    ...{ place, name, group: "", members: "", keyPair: "", tags: parseTags(options.tags), reach: reachOf(options) },
    "ipv6-address-count": Math.max(options["ipv6-address-count"], Number(options["ipv6-address-only"])),
    "encrypt-ebs-volume": options["encrypt-ebs-volume"] || options["kms-key"] !== "",
    "http-tokens": options["metadata-token"] || options["http-tokens"],
    "http-put-response-hop-limit":
      options["metadata-token-response-hop-limit"] || options["http-put-response-hop-limit"],
  };
}

function reachOf(options: Options): Reach {
  if (options["ipv6-address-only"]) return "ipv6";
  if (options["private-address-only"]) return "private";
  if (options["elastic-address"]) return "elastic";
  return options["use-private-address"] ? "private" : "public";
}
