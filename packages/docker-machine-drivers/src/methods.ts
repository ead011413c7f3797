import { MachinistError } from "@machinist/core";
import {
  anything,
  bytes,
  type GobRecord,
  type GobValue,
  int,
  isBoxed,
  nothing,
  type RpcMethod,
  slice,
  string,
} from "@machinist/go-rpc";
import { createFlags } from "./create-flags.ts";
import type { Machine, MachineOptions } from "./machine.ts";

type Answer = Awaited<ReturnType<RpcMethod>>;

const done: Answer = { type: nothing, value: {} };
const text = (value: string): Answer => ({ type: string, value });
const number = (value: number): Answer => ({ type: int, value });

/** The methods of docker-machine's protocol, version 1, on one machine. `name`: what docker-machine calls the driver. */
export function methodsOf(name: string, machine: Machine, { module }: MachineOptions) {
  const after = (work: () => Promise<void>) => async () => {
    await work();
    return done;
  };
  const methods: { readonly [method: string]: RpcMethod } = {
    GetVersion: async () => number(1),
    DriverName: async () => text(name),
    GetCreateFlags: async () => ({ type: slice(anything), value: createFlags(module) }),
    SetConfigFromFlags: async (argument) => {
      machine.setFlags(valuesIn(argument));
      return done;
    },
    GetConfigRaw: async () => ({ type: bytes, value: Buffer.from(JSON.stringify(machine.config)) }),
    SetConfigRaw: async (argument) => {
      machine.configure(Buffer.from(argument as Uint8Array).toString("utf8"));
      return done;
    },
    GetMachineName: async () => text(machine.config.MachineName),
    GetState: async () => number(await machine.state()),
    GetIP: async () => text((await machine.address()).IPAddress),
    GetURL: async () => {
      const { IPAddress, EnginePort } = await machine.address();
      return text(`tcp://${IPAddress.includes(":") ? `[${IPAddress}]` : IPAddress}:${EnginePort}`);
    },
    GetSSHHostname: async () => text((await machine.address()).IPAddress),
    GetSSHPort: async () => number(machine.config.SSHPort),
    GetSSHUsername: async () => text(machine.config.SSHUser),
    GetSSHKeyPath: async () => text(machine.config.SSHKeyPath),
    PreCreateCheck: after(() => machine.check()),
    Create: after(() => machine.create()),
    Remove: after(() => machine.remove()),
    Start: after(() => machine.power("start")),
    Stop: after(() => machine.power("stop")),
    Restart: after(() => machine.power("restart")),
    Kill: after(() => machine.power("kill")),
  };
  return methods;
}

/** Throws for an argument that is not docker-machine's. */
function valuesIn(argument: GobValue): ReadonlyMap<GobValue, GobValue> {
  const flags = isBoxed(argument) ? (argument.value as GobRecord) : undefined;
  const values = flags?.Values;
  if (values instanceof Map) return values;
  throw new MachinistError("driver.flags", "These are no flags of docker-machine's");
}
