import type { Data, Driver, DriverModule, Endpoint, Kind, MachineCall, MachineState, States } from "@machinist/core";
import { checkHost, genericOptions, type HostProps, hostProps } from "./generic-options.ts";
import { checkKeyFile } from "./key-file.ts";
import { greeting } from "./probe.ts";

const hostId = (machine: string): string => `${machine}/host`;

/**
 * A host that is the user's own: all we have of it is how to reach it, so its state is its props. It is looked at when
 * it is taken on or its address changes; whether it still answers is found by whoever connects next.
 */
export const genericHost: Kind<HostProps, HostProps> = {
  external: true,
  service: [],
  read: async ({ state }) => state,
  create: async ({ props, signal }) => {
    await reach(props, signal);
    return props;
  },
  update: async ({ props, state, signal }) => {
    if (props.host !== state.host || props.port !== state.port) await reach(props, signal);
    return props;
  },
  delete: async () => {},
};

/** A host behind jump hosts cannot be reached from here directly: the first SSH connection will tell. */
async function reach(props: HostProps, signal: AbortSignal): Promise<void> {
  if (props.jump === undefined) await greeting(props.host, props.port, { signal });
}

/** Known only through {@link genericHost}, which saved it. */
const known = (machine: string, states: States): HostProps | undefined =>
  states[hostId(machine)] as HostProps | undefined;

async function status({ machine, states, signal }: MachineCall): Promise<MachineState> {
  const host = known(machine, states);
  if (host === undefined) return "missing";
  if (host.jump !== undefined) return "unknown";
  const answers = await greeting(host.host, host.port, { signal }).then(
    () => true,
    () => false,
  );
  signal.throwIfAborted();
  return answers ? "running" : "stopped";
}

const driver: Driver = {
  name: "generic",
  kinds: { "generic.host": genericHost },
  check: async (_machine, options) => {
    checkHost(String(options["ip-address"]));
    if (typeof options["ssh-key"] === "string") await checkKeyFile(options["ssh-key"]);
  },
  plan: (machine, options) => [
    { id: hostId(machine.name), kind: "generic.host", props: hostProps(options), parents: [] },
  ],
  endpoint: (machine, states): Endpoint | undefined => known(machine, states) as Endpoint | undefined,
  status,
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
};

/** Any host that is there already and answers SSH. It is never changed by this driver, and never removed. */
export const generic: DriverModule = {
  name: "generic",
  description: "A host that is there already and answers SSH",
  options: genericOptions,
  create: () => driver,
};
