import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import {
  type Data,
  type Driver,
  type DriverContext,
  fleetScope,
  type MachineCall,
  type OwnedResource,
  type PlannedMachine,
  type Resource,
} from "@machinist/core";
import { check } from "./check.ts";
import { diskKind, diskPath } from "./disk.ts";
import { archOf, imageKind, sourceOf } from "./image.ts";
import { type MachineState, readInstance, readState } from "./instance.ts";
import { machineKind, SHUTDOWN_MS, startMachine, stopMachine } from "./machine.ts";
import { type Places, placesOf } from "./paths.ts";
import { ownerIn, qemuProcesses } from "./process.ts";
import { snapshots } from "./snapshots.ts";

/** One minute where nothing else is to be done, and several on a busy computer. */
const EMULATED_BOOT_MS = 10 * 60_000;

const machineId = (machine: string): string => `${machine}/machine`;

const stateIn = ({ machine, states }: Pick<MachineCall, "machine" | "states">): MachineState | undefined =>
  states[machineId(machine)] as MachineState | undefined;

export function createDriver(context: DriverContext): Driver {
  const places = placesOf(context);
  const power =
    (change: (folder: string, owner: string, call: MachineCall) => Promise<void>) => async (call: MachineCall) => {
      const owner = stateIn(call)?.owner;
      if (owner !== undefined) await change(places.folder(machineId(call.machine), owner), owner, call);
    };
  const stop = (graceMs: number) => power((folder, owner, call) => stopMachine(folder, owner, graceMs, call));
  const start = power((folder, owner, call) => startMachine(places, folder, owner, call));
  return {
    name: "qemu",
    local: true,
    resourceTypes: {
      "qemu.image": imageKind(places),
      "qemu.disk": diskKind(places),
      "qemu.machine": machineKind(places),
    },
    check: (machine, options, signal) => check(places, context.machineDir(machine.name), options, signal),
    plan,
    endpoint(machine, states) {
      const state = stateIn({ machine, states });
      const port = state?.ports["22"];
      if (!state || port === undefined) return undefined;
      const { "22": _ssh, ...forwards } = state.ports;
      const slow = state.emulated ? { bootMs: EMULATED_BOOT_MS } : {};
      return { host: "127.0.0.1", port, user: state.user, hostKeys: [state.hostKey], forwards, ...slow };
    },
    async status(call) {
      const owner = stateIn(call)?.owner;
      const seen =
        owner === undefined ? undefined : await readState(places.folder(machineId(call.machine), owner), owner);
      if (!seen) return "missing";
      return seen.running ? "running" : "stopped";
    },
    listOwned: () => objects(places),
    power: {
      start,
      stop: stop(SHUTDOWN_MS),
      kill: stop(0),
      restart: async (call) => {
        await stop(SHUTDOWN_MS)(call);
        await start(call);
      },
    },
    snapshots: snapshots(places, async (call) => {
      const owner = stateIn(call)?.owner;
      return owner === undefined
        ? undefined
        : (await readInstance(places.folder(machineId(call.machine), owner)))?.socket;
    }),
  };
}

/** The name tells two images of a fleet apart, and is the same for the same image. */
const imageId = (fleet: string, source: Data): string =>
  `${fleetScope(fleet)}/image:${createHash("sha256").update(JSON.stringify(source)).digest("hex").slice(0, 8)}`;

function plan(machine: PlannedMachine, options: Data): Resource[] {
  const source = sourceOf(options);
  const image = imageId(machine.fleet, source);
  const disk = `${machine.name}/disk`;
  return [
    { id: image, kind: "qemu.image", props: source, parents: [] },
    {
      id: disk,
      kind: "qemu.disk",
      props: { image, bytes: Number(options["disk-size"]) * 2 ** 20 },
      parents: [],
      after: [image],
    },
    {
      id: machineId(machine.name),
      kind: "qemu.machine",
      props: {
        hostname: machine.name,
        publicKey: machine.publicKey,
        user: options["ssh-user"] ?? "debian",
        disk,
        arch: archOf(options.arch),
        accel: options.accel ?? "auto",
        cpus: options.cpus ?? 2,
        memory: options.memory ?? 2048,
        publish: options.publish ?? [],
        ports: [22, ...(machine.enginePort === undefined ? [] : [machine.enginePort])],
        userData: options["user-data"] ?? "",
      },
      parents: [disk],
    },
  ];
}

/** All that runs on this computer, whosever store it is of, and what lies in this store; machines before their disks. */
async function objects(places: Places): Promise<readonly OwnedResource[]> {
  const machines = new Map<string, OwnedResource>();
  const disks: OwnedResource[] = [];
  for (const folder of await places.all()) {
    const [owner, path] = [basename(folder), diskPath(folder)];
    const isDisk = (await stat(path).catch(() => undefined)) !== undefined;
    if (isDisk) disks.push({ kind: "qemu.disk", owner, fleet: "", label: path, state: { path } });
    else machines.set(owner, { kind: "qemu.machine", owner, fleet: "", label: folder, state: { folder } });
  }
  for (const { pid, command } of await qemuProcesses()) {
    const owner = ownerIn(command);
    const pidFile = /-pidfile (.*?) -daemonize/.exec(command)?.[1];
    if (owner === undefined || pidFile === undefined) continue;
    const folder = dirname(pidFile);
    machines.set(owner, {
      kind: "qemu.machine",
      owner,
      fleet: "",
      label: `process ${pid} of ${folder}`,
      state: { folder },
    });
  }
  return [...machines.values(), ...disks];
}
