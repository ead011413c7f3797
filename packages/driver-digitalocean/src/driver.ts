import { bootSecretPath } from "@machinist/cloud-init";
import {
  type Data,
  type Driver,
  type DriverContext,
  type MachineCall,
  type MachineState,
  MachinistError,
  retry,
  systemClock,
} from "@machinist/core";
import { batch } from "@machinist/requests";
import { type AccountView, accounts } from "./account.ts";
import { preflight } from "./check.ts";
import { dockerMachine } from "./docker-machine.ts";
import { dropletKind } from "./droplet.ts";
import type { DropletState, Options } from "./droplet-state.ts";
import { firewallKind } from "./firewall.ts";
import { callerRange } from "./ingress.ts";
import { markedObjects } from "./objects.ts";
import { dropletId, planMachine } from "./plan.ts";
import { restart, statusOf, switchOff, switchOn } from "./power.ts";
import { priceOf } from "./price.ts";
import { sshKeyKind } from "./ssh-key.ts";
import { tagKind, vpcKind } from "./tag-and-vpc.ts";
import { findToken } from "./token.ts";

const STATES: { readonly [status: string]: MachineState } = {
  new: "starting",
  active: "running",
  off: "stopped",
  archive: "stopped",
  missing: "missing",
};

export function createDriver(context: DriverContext): Driver {
  const { env, machineDir, clock = systemClock } = context;
  let token: Promise<string> | undefined;
  const views = accounts(() => {
    token ??= findToken(env);
    return token;
  }, clock);
  const callerOf = callerRange(clock);
  const check = batch<Data, undefined>({
    run: (machines, signal) => preflight(machines, views, callerOf, signal) as Promise<(Error | undefined)[]>,
    most: 10_000,
    keyOf: (options) => String(options["api-url"]),
  });
  const power = (work: (view: AccountView, state: DropletState, signal: AbortSignal) => Promise<void>) => {
    return async (call: MachineCall): Promise<void> => {
      const state = stateIn(call);
      if (!state)
        throw new MachinistError("digitalocean.gone", `${call.machine} has no droplet`, {
          hint: "Make it: machinist up",
        });
      await retry(() => work(views(state.api), state, call.signal), { clock, signal: call.signal });
    };
  };
  return {
    name: "digitalocean",
    sshKey: "fleet",
    resourceTypes: {
      "digitalocean.tag": { ...tagKind(views), endpointProps: ["api"] },
      "digitalocean.ssh-key": { ...sshKeyKind(views), endpointProps: ["api"] },
      "digitalocean.firewall": { ...firewallKind(views, callerOf), endpointProps: ["api", "addressUrl"] },
      "digitalocean.vpc": { ...vpcKind(views), endpointProps: ["api"] },
      "digitalocean.droplet": {
        ...dropletKind(views, machineDir),
        endpointProps: ["api"],
        localProps: ["userdata", "keyPath"],
      },
    },
    check: (_machine, options, signal) => check(options, signal),
    plan: planMachine,
    endpoint(machine, states) {
      const state = states[dropletId(machine)] as DropletState | undefined;
      if (!state?.address) return undefined;
      return {
        host: state.address,
        port: state.port,
        user: state.user,
        bootSecret: bootSecretPath(machineDir(machine)),
        ...(state.keyPath === "" ? {} : { keyPath: state.keyPath }),
        ...(state.privateNetworking && state.privateAddress !== "" ? { privateHost: state.privateAddress } : {}),
      };
    },
    price: (options, signal) => priceOf(views(String(options["api-url"])), options as Options, signal),
    async status(call) {
      const state = stateIn(call);
      if (!state) return "missing";
      return STATES[await statusOf(views(state.api), state, call.signal)] ?? "unknown";
    },
    listOwned: (options, signal) => markedObjects(views(String(options["api-url"])).api, signal),
    dockerMachine,
    power: {
      start: power(switchOn),
      stop: power((view, state, signal) => switchOff(view, state, signal)),
      kill: power((view, state, signal) => switchOff(view, state, signal, 0)),
      restart: power(restart),
    },
  };
}

const stateIn = (call: MachineCall): DropletState | undefined =>
  call.states[dropletId(call.machine)] as DropletState | undefined;
