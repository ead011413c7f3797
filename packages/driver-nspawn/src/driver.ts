import {
  type Data,
  type Driver,
  type DriverContext,
  fleetScope,
  type MachineCall,
  type PlannedMachine,
  type Resource,
} from "@machinist/core";
import { survey, validate } from "./check.ts";
import { checkUserData } from "./cloud-init.ts";
import { imageKind } from "./image.ts";
import { forgetNeighbour, type MachineState, machineKind, readState, startInstance } from "./machine.ts";
import { networkKind } from "./network.ts";
import { objectsHere } from "./objects.ts";
import { type Places, placesOf } from "./paths.ts";
import { halt } from "./stop.ts";

/** How long a machine may take to shut down when it is stopped, in ms. */
const SHUTDOWN_MS = 30_000;

const instanceId = (machine: string): string => `${machine}/instance`;

export function createDriver(context: DriverContext): Driver {
  const places = placesOf(context);
  return {
    name: "nspawn",
    local: true,
    resourceTypes: {
      "nspawn.image": imageKind(places),
      "nspawn.network": networkKind(places),
      "nspawn.machine": machineKind(places),
    },
    async check(machine, options) {
      await checkUserData(options);
      const problem = validate(await survey(context.machineDir(machine.name)));
      if (problem) throw problem;
    },
    plan: (machine, options) => planMachine(machine, options),
    endpoint(machine, states) {
      const state = states[instanceId(machine)] as MachineState | undefined;
      if (!state?.address) return undefined;
      return {
        ...{ host: state.address, port: 22, user: "root" },
        ...(state.hostKey === "" ? {} : { hostKeys: [state.hostKey] }),
      };
    },
    async status(call) {
      const state = stateIn(call);
      const seen = state && (await readState(places.instance(call.machine, state.owner), state.owner));
      if (!seen) return "missing";
      return seen.running ? "running" : "stopped";
    },
    listOwned: () => objectsHere(places),
    power: {
      start: (call) => start(places, call),
      stop: (call) => stop(call, SHUTDOWN_MS),
      kill: (call) => stop(call, 0),
      restart: async (call) => {
        await stop(call, SHUTDOWN_MS);
        await start(places, call);
      },
    },
  };
}

function planMachine(machine: PlannedMachine, options: Data): Resource[] {
  const scope = fleetScope(machine.fleet);
  const { release, image, mirror, memory, cpus } = options as { [name: string]: string | number };
  const packages = [...new Set((options.packages ?? []) as string[])].sort();
  const userData = options["user-data"];
  const network = `${scope}/network`;
  const base = `${scope}/image:${[release, image, ...packages].join("-").replace(/[^a-z0-9-]/g, "-")}`;
  // What is not asked for is not there: machines made before it could be asked for stay as they are.
  const more = packages.length > 0 ? { packages } : {};
  return [
    { id: network, kind: "nspawn.network", props: { nat: true }, parents: [] },
    {
      id: base,
      kind: "nspawn.image",
      props: { release: release!, image: image!, mirror: mirror ?? "", ...more },
      parents: [],
    },
    {
      id: instanceId(machine.name),
      kind: "nspawn.machine",
      props: {
        hostname: machine.name,
        publicKey: machine.publicKey,
        network,
        base,
        release: release!,
        image: image!,
        ...(memory ? { memory: Number(memory) * 2 ** 20 } : {}),
        ...(cpus ? { cpus } : {}),
        ...more,
        ...(userData ? { userData } : {}),
      },
      parents: [network],
      after: [base],
    },
  ];
}

const stateIn = (call: MachineCall): MachineState | undefined =>
  call.states[instanceId(call.machine)] as MachineState | undefined;

async function start(places: Places, call: MachineCall): Promise<void> {
  const state = stateIn(call);
  if (state) await startInstance(places, places.instance(call.machine, state.owner), call.signal);
}

async function stop(call: MachineCall, graceMs: number): Promise<void> {
  const state = stateIn(call);
  if (!state) return;
  await halt(state.owner, state.pid || undefined, graceMs);
  await forgetNeighbour(state.address);
}
