import type { Data, DockerMachineForm } from "@machinist/core";
import type { InstanceProps, InstanceState } from "./instance-state.ts";
import { plan } from "./plan.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** How docker-machine's amazonec2 keeps a machine: by the ids in it, its objects are found. */
export const dockerMachine: DockerMachineForm = {
  write(machine, options, states) {
    const state = states[`${machine}/instance`] as InstanceState | undefined;
    return {
      Id: "",
      Region: options.region ?? "",
      InstanceType: options["instance-type"] ?? "",
      ...(state
        ? { AMI: state.imageId, InstanceId: state.id, PrivateIPAddress: state.privateHost, Zone: state.zone.slice(-1) }
        : {}),
    };
  },
  read(kept, machine, complete) {
    const options = complete(optionsOf(kept));
    const [resource] = plan({ name: machine, fleet: "", publicKey: "" }, options).filter(
      ({ kind }) => kind === "amazonec2.instance",
    );
    const props = { ...(resource?.props as InstanceProps), group: "", members: "", keyPair: "" };
    const place: ProviderEndpoint = { ...props.place, account: text(kept.OwnerId) };
    const key = text(kept.KeyName);
    const instance = {
      ...{ id: `${machine}/instance`, kind: "amazonec2.instance", props, parents: [] },
      state: stateOf(kept, props, place),
    };
    // A pair that the user had before is the user's; security groups docker-machine shared among all of its machines.
    const own = key !== "" && kept.ExistingKey !== true;
    const pair = {
      ...{
        id: `${machine}/key`,
        kind: "amazonec2.key-pair",
        props: { place: props.place, publicKey: "" },
        parents: [],
      },
      state: { place, name: key, id: "" },
    };
    return { options, resources: own ? [pair, instance] : [instance] };
  },
};

function optionsOf(kept: Data): Data {
  const endpoint = text(kept.Endpoint);
  const given: Data = {
    region: kept.Region ?? "us-east-1",
    ami: kept.AMI ?? "",
    "instance-type": kept.InstanceType ?? "",
    "vpc-id": kept.VpcId ?? "",
    "subnet-id": kept.SubnetId ?? "",
    zone: kept.Zone ?? "",
    "ssh-user": kept.SSHUser ?? "",
    "root-size": kept.RootSize ?? "",
    "volume-type": kept.VolumeType ?? "",
    "security-group": texts(kept.SecurityGroupNames ?? kept.SecurityGroupName),
    "keypair-name": kept.KeyName ?? "",
    "ssh-keypath": kept.SSHKeyPath ?? "",
    "private-address-only": kept.PrivateIPOnly === true,
    "use-private-address": kept.UsePrivateIP === true,
    ...(endpoint === "" ? {} : { endpoint, "insecure-transport": kept.DisableSSL === true }),
    ...(Number(kept.SSHPort) > 0 ? { "ssh-port": Number(kept.SSHPort) } : {}),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

function stateOf(kept: Data, props: InstanceProps, place: ProviderEndpoint): InstanceState {
  return {
    ...{ place, id: text(kept.InstanceId), status: "", type: text(kept.InstanceType), imageId: text(kept.AMI) },
    ...{ zone: "", volumeId: "", cardId: "", host: text(kept.IPAddress), privateHost: text(kept.PrivateIPAddress) },
    ...{ tags: {}, ownTags: [], named: false, user: text(kept.SSHUser) || "ubuntu" },
    ...{ port: props["ssh-port"], keyPath: text(kept.SSHKeyPath), reach: props.reach },
  };
}
