import {
  type Call,
  type Data,
  type Driver,
  type DriverContext,
  type DriverModule,
  type Endpoint,
  MachinistError,
  type ResourceType,
  type States,
} from "@machinist/core";
import { checkHost, genericOptions, type HostProps, hostProps } from "./generic-options.ts";
import { checkKeyFile } from "./key-file.ts";
import { logIn } from "./login.ts";
import { restart } from "./restart.ts";

const hostId = (machine: string): string => `${machine}/host`;

/**
 * A host that is the user's own: all we have of it is how to reach it, so its state is its props. It is logged in to when
 * it is taken on or the way to it changes; whether it still answers is found by whoever logs in next.
 */
export function genericHost(context: DriverContext): ResourceType<HostProps, HostProps> {
  const reach = ({ id, props, signal, log }: Call<HostProps>) =>
    logIn(context, { machine: id.slice(0, id.indexOf("/")), endpoint: endpointOf(props), signal, log });
  return {
    retainOnDelete: true,
    endpointProps: [],
    read: async ({ state }) => state,
    create: async (call) => {
      await reach(call);
      return call.props;
    },
    update: async (call) => {
      await reach(call);
      return call.props;
    },
    delete: async () => {},
  };
}

/** Where no key was named, those of the user are tried, as ssh does. */
const endpointOf = (props: HostProps): Endpoint => ({
  ...(props as unknown as Endpoint),
  ...(props.keyPath === undefined ? { userKeys: true } : {}),
});

/** Known only through {@link genericHost}, which saved it. */
function known(machine: string, states: States): Endpoint | undefined {
  const props = states[hostId(machine)] as HostProps | undefined;
  return props && endpointOf(props);
}

const driver = (context: DriverContext): Driver => ({
  name: "generic",
  resourceTypes: { "generic.host": genericHost(context) },
  check: async (_machine, options) => {
    checkHost(String(options["ip-address"]));
    if (typeof options["ssh-key"] === "string" && options["ssh-key"] !== "") await checkKeyFile(options["ssh-key"]);
  },
  plan: (machine, options) => [
    { id: hostId(machine.name), kind: "generic.host", props: hostProps(options), parents: [] },
  ],
  endpoint: known,
  power: {
    restart: async ({ machine, states, signal, log }) => {
      const endpoint = known(machine, states);
      if (endpoint) return restart(context, { machine, endpoint, signal, log });
      throw new MachinistError("machine.no-address", `${machine} was never finished`, {
        hint: `Finish it: machinist provision ${machine}`,
      });
    },
  },
  dockerMachine: {
    write: (_machine, options) => ({ EnginePort: options["engine-port"] ?? 2376, SSHKey: options["ssh-key"] ?? "" }),
    read: (kept, machine) => {
      const options: Data = { "ip-address": kept.IPAddress ?? "" };
      if (kept.SSHUser) options["ssh-user"] = kept.SSHUser;
      if (kept.SSHPort) options["ssh-port"] = kept.SSHPort;
      if (kept.EnginePort) options["engine-port"] = kept.EnginePort;
      if (kept.SSHKeyPath) options["ssh-key"] = kept.SSHKeyPath;
      // docker-machine never looked at host keys: the first connection pins what it finds.
      const props = hostProps({ ...options, "trust-on-first-use": true });
      return { options, resources: [{ id: hostId(machine), kind: "generic.host", props, parents: [], state: props }] };
    },
  },
});

/** Any host that is there already and answers SSH. It is never changed by this driver, and never removed. */
export const generic: DriverModule = {
  name: "generic",
  description: "A host that is there already and answers SSH",
  options: genericOptions,
  create: driver,
};
