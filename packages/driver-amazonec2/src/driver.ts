import { bootSecretPath } from "@machinist/cloud-init";
import { type Driver, type DriverContext, type MachineCall, MachinistError } from "@machinist/core";
import { Account } from "./account.ts";
import { dockerMachine } from "./docker-machine.ts";
import { associationKind, elasticAddressKind } from "./elastic-address.ts";
import { ingress } from "./ingress.ts";
import { instanceKind, wishOf } from "./instance.ts";
import type { InstanceProps, InstanceState } from "./instance-state.ts";
import { keyPairKind } from "./key-pair.ts";
import { readUserData } from "./launch.ts";
import { instanceLook, isGone } from "./look.ts";
import { createLookups } from "./lookups.ts";
import { listMarked } from "./objects.ts";
import { plan } from "./plan.ts";
import { setPower, states } from "./power.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { type GroupProps, securityGroupKind } from "./security-group.ts";

export function createDriver(context: DriverContext): Driver {
  const account = new Account(context);
  const ground = createLookups(account);
  const look = instanceLook(account);
  const blocksOf = ingress(ground);
  const instanceOf = ({ machine, states, signal }: MachineCall) => {
    const { place, id } = states[`${machine}/instance`] ?? {};
    if (typeof id !== "string")
      throw new MachinistError("amazonec2.gone", `${machine} has no instance`, { hint: `Make it: machinist up` });
    return { place: place as ProviderEndpoint, id, signal };
  };
  return {
    name: "amazonec2",
    sshKey: "fleet",
    resourceTypes: {
      "amazonec2.key-pair": { ...keyPairKind(account), endpointProps: ["place"] },
      "amazonec2.security-group": {
        ...securityGroupKind(account, ground, blocksOf),
        endpointProps: ["place", "addressService"],
      },
      "amazonec2.instance": {
        ...instanceKind(account, ground, look, context.machineDir),
        endpointProps: ["place"],
        localProps: ["userdata", "ssh-keypath"],
      },
      "amazonec2.elastic-address": { ...elasticAddressKind(account), endpointProps: ["place"] },
      "amazonec2.association": { ...associationKind(account), endpointProps: ["place"] },
    },
    plan,
    async check(machine, options) {
      const resources = plan(machine, options);
      const props = resources.find(({ kind }) => kind === "amazonec2.instance")?.props as InstanceProps;
      const groups = resources.filter(({ kind }) => kind === "amazonec2.security-group");
      await Promise.all([
        ground.of(wishOf(props)),
        readUserData(props.userdata),
        ...groups.map((group) => blocksOf(group.props as GroupProps)),
      ]);
    },
    // EC2's own API tells no prices, and a list of our own would be wrong soon.
    price: async () => undefined,
    endpoint(machine, seen) {
      const state = seen[`${machine}/instance`] as InstanceState | undefined;
      if (!state) return undefined;
      const joined = seen[`${machine}/association`]?.address;
      const host = state.reach === "elastic" ? String(joined ?? "") : state.host;
      const { privateHost, port, user, keyPath } = state;
      const bootSecret = bootSecretPath(context.machineDir(machine));
      return host === ""
        ? undefined
        : { host, privateHost, port, user, bootSecret, ...(keyPath === "" ? {} : { keyPath }) };
    },
    async status(call) {
      const id = call.states[`${call.machine}/instance`]?.id;
      if (typeof id !== "string") return "missing";
      const found = await look({ ...instanceOf(call), fleet: "", owner: "" }, call.signal);
      return !found || isGone(found) ? "missing" : (states[found.State?.Name ?? ""] ?? "unknown");
    },
    listOwned: (options, signal) => listMarked(account, options, signal),
    dockerMachine,
    power: {
      start: (call) => setPower(account, look, instanceOf(call), "running"),
      stop: (call) => setPower(account, look, instanceOf(call), "stopped"),
      kill: (call) => setPower(account, look, instanceOf(call), "stopped", true),
      async restart(call) {
        const at = instanceOf(call);
        await account.at(at.place, at.signal)((ec2, o) => ec2.rebootInstances({ InstanceIds: [at.id] }, o));
      },
    },
  };
}
