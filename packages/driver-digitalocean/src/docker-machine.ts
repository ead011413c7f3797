import type { Data, DockerMachineForm } from "@machinist/core";
import type { DropletProps, DropletState, Options } from "./droplet-state.ts";
import { dropletId, planMachine } from "./plan.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** How docker-machine's digitalocean keeps a machine: by the ids in it, its objects are found. */
export const dockerMachine: DockerMachineForm = {
  write(machine, options, states) {
    const state = states[dropletId(machine)] as DropletState | undefined;
    return {
      ...{ Image: options.image ?? "", Region: options.region ?? "", Size: options.size ?? "" },
      ...{ DropletID: state?.id ?? 0, DropletName: machine, Tags: ((options.tags ?? []) as string[]).join(",") },
    };
  },
  read(kept, machine, complete) {
    const options = complete(optionsOf(kept)) as Options;
    const planned = planMachine({ name: machine, fleet: "", publicKey: "" }, options).find(
      ({ kind }) => kind === "digitalocean.droplet",
    );
    const props = { ...(planned?.props as DropletProps), members: "", access: "", key: "", tags: [] };
    const api = options["api-url"];
    const droplet = {
      ...{ id: dropletId(machine), kind: "digitalocean.droplet", props, parents: [] },
      state: stateOf(kept, options),
    };
    // A key that the user had in the account before is the user's.
    const own = Number(kept.SSHKeyID) > 0 && text(kept.SSHKeyFingerprint) === "";
    const key = {
      ...{ id: `${machine}/ssh-key`, kind: "digitalocean.ssh-key", props: { api, publicKey: "" }, parents: [] },
      state: { api, account: "", id: String(kept.SSHKeyID), ours: true },
    };
    return { options, resources: own ? [key, droplet] : [droplet] };
  },
};

function optionsOf(kept: Data): Data {
  const given: Data = {
    ...{ image: kept.Image ?? "", region: kept.Region ?? "", size: kept.Size ?? "", "ssh-user": kept.SSHUser ?? "" },
    ...{ ipv6: kept.IPv6 === true, "private-networking": kept.PrivateNetworking === true },
    ...{ backups: kept.Backups === true, monitoring: kept.Monitoring === true, vpc: false },
    "ssh-key-path": kept.SSHKeyPath ?? "",
    ...(Number(kept.SSHPort) > 0 ? { "ssh-port": Number(kept.SSHPort) } : {}),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

function stateOf(kept: Data, options: Options): DropletState {
  return {
    ...{ api: options["api-url"], account: "", id: Number(kept.DropletID), status: "", address: text(kept.IPAddress) },
    ...{ privateAddress: "", size: options.size, tag: "", missing: [], ownTags: [], disk: 0 },
    ...{ user: options["ssh-user"], port: options["ssh-port"], keyPath: text(kept.SSHKeyPath) },
    privateNetworking: options["private-networking"],
  };
}
