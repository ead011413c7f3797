import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Call, type Data, MachinistError, type ResourceType } from "@machinist/core";
import { attempt } from "@machinist/programs";
import { boot, systemdRuns } from "./boot.ts";
import { readSeed } from "./cloud-init.ts";
import type { ImageState } from "./image.ts";
import { withLock } from "./lock.ts";
import { bringUp, type NetworkState } from "./network.ts";
import { instanceFolder, type Places } from "./paths.ts";
import { findCarrier, leaderOf } from "./processes.ts";
import { claimAddress, type Definition, exists, findDefinition, releaseAddress } from "./registry.ts";
import { halt } from "./stop.ts";
import { gatewayOf } from "./subnet.ts";
import {
  authorize,
  bootedPid,
  followImage,
  hostKeyIn,
  hostResolvConf,
  type Instance,
  makeTree,
  publicPart,
  readInstance,
  removeTree,
  saveInstance,
} from "./tree.ts";

/** `network` and `base` are the ids of the resources it needs. `memory` in bytes. */
export type MachineProps = {
  hostname: string;
  publicKey: string;
  network: string;
  base: string;
  release: string;
  image: string;
  memory?: number;
  cpus?: number;
  packages?: string[];
  /** Path of user-data for cloud-init. With it cloud-init makes the host's keys and lets `publicKey` in. */
  userData?: string;
  /** Path of meta-data beside it. Default: the machine's name and `publicKey`. */
  metaData?: string;
};

/**
 * `hostname` is empty while the machine was never started: then it is unfinished, which shows as drift. `pid` 0: it does
 * not run.
 */
export type MachineState = {
  owner: string;
  hostname: string;
  publicKey: string;
  address: string;
  hostKey: string;
  running: boolean;
  pid: number;
  startTime: string;
  /** Where it is, of one that no record knows; of others the record's own machine tells it. */
  folder?: string;
};

/** How long a machine that is deleted may take to shut down, in ms. */
const SHUTDOWN_GRACE_MS = 1000;

export function machineKind(places: Places): ResourceType<MachineProps, MachineState> {
  const folderOf = (call: Call<MachineProps> & { readonly state?: MachineState | undefined }): string =>
    call.state?.folder ?? instanceFolder(places, call.id, call.owner);

  const finish = async (call: Call<MachineProps>): Promise<MachineState> => {
    const folder = folderOf(call);
    // The folder is the first trace of a machine: from here on it is found, and removed.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await withLock(join(folder, ".lock"), () => build(places, folder, call), { signal: call.signal });
    const state = await readState(folder, call.owner);
    if (!state)
      throw new MachinistError("nspawn.vanished", `The folder ${folder} of a new machine disappeared`, {
        hint: "Run the same command again; something else removes files there",
      });
    return state;
  };

  return {
    read: (call) => readState(folderOf(call), call.owner),
    create: finish,
    async update(call) {
      const folder = folderOf(call);
      if (call.state.hostname === "") return finish(call);
      if (call.changed.includes("publicKey")) {
        const leader = call.state.running ? await leaderOf(call.state.pid) : undefined;
        await authorize(leader === undefined ? join(folder, "upper") : `/proc/${leader}/root`, call.props.publicKey);
        const instance = await readInstance(folder);
        if (instance) await saveInstance(folder, { ...instance, publicKey: publicPart(call.props.publicKey) });
      }
      if (call.changed.includes("running")) await startInstance(places, folder, call.signal);
      return (await readState(folder, call.owner)) ?? call.state;
    },
    async delete(call) {
      const folder = folderOf(call);
      const instance = await readInstance(folder);
      await halt(call.owner, await bootedPid(folder), SHUTDOWN_GRACE_MS);
      // The kernel takes it down with the machine's network namespace, but in its own time.
      await attempt(["ip", "link", "delete", "dev", `vb-${call.owner}`]);
      await removeTree(folder);
      if (instance) await releaseAddress(places.networks, instance.networkOwner, instance.address);
    },
    drift: (state, props) => [
      ...(state.hostname === "" ? ["complete"] : []),
      // What is declared is a machine that runs: one that was stopped, or died with this computer, is started.
      ...(state.hostname !== "" && !state.running ? ["running"] : []),
      ...(state.hostname !== "" && state.publicKey !== publicPart(props.publicKey) ? ["publicKey"] : []),
    ],
    // Other user-data than that of its first boot changes nothing in a machine that is there.
    requiresReplace: ["hostname", "base", "network", "release", "image", "packages", "memory", "cpus"],
    ready: (state, { userData }) =>
      userData === undefined || state.hostKey !== "" ? true : "cloud-init to make its SSH host key",
    consistencyWindowMs: 0,
    pollIntervalMs: 100,
  };
}

/** What is known of an instance: nothing (no folder), a part (not finished), or all of it. */
export async function readState(folder: string, owner: string): Promise<MachineState | undefined> {
  if (!(await exists(folder))) return undefined;
  const [instance, pid] = await Promise.all([readInstance(folder), bootedPid(folder)]);
  const carrier = pid === undefined ? undefined : await findCarrier(owner, pid);
  return {
    owner,
    hostname: pid === undefined ? "" : (instance?.hostname ?? ""),
    publicKey: instance?.publicKey ?? "",
    address: instance?.address ?? "",
    hostKey: instance?.hostKey || (await hostKeyIn(join(folder, "upper"))),
    running: carrier !== undefined,
    pid: carrier?.pid ?? 0,
    startTime: carrier?.startTime ?? "",
  };
}

/** Start a machine over the tree it has; its network may be down since this computer was restarted. */
export async function startInstance(places: Places, folder: string, signal: AbortSignal): Promise<void> {
  const instance = await readInstance(folder);
  const network = instance && (await findDefinition(places.networks, instance.networkOwner));
  if (!instance || !network)
    throw new MachinistError("nspawn.incomplete", "The machine was never finished, or its network was removed", {
      hint: "Bring it into line first: machinist up, or machinist create with the same name",
    });
  await bringUp(network, signal);
  // Its store may have been moved since: what is known by a path is told of the new one.
  await claimAddress(places.networks, network, { owner: instance.owner, folder }, signal, places.here);
  await bootOn(places, network, folder, instance, signal);
}

/** A hardware address that answers no more, or now belongs to another machine, would be believed for seconds. */
export const forgetNeighbour = (address: string): Promise<unknown> =>
  attempt(["ip", "-4", "neighbour", "flush", "to", address]);

async function bootOn(
  places: Places,
  { bridge }: Pick<Definition, "bridge">,
  folder: string,
  instance: Instance,
  signal: AbortSignal,
): Promise<void> {
  await followImage(folder, places.images);
  await forgetNeighbour(instance.address);
  await boot({ folder, instance, bridge, systemd: systemdRuns() }, signal);
}

async function build(places: Places, folder: string, call: Call<MachineProps>): Promise<void> {
  const { props, owner, signal } = call;
  const network = parent<NetworkState>(call, props.network);
  let instance = await readInstance(folder);
  if (!instance) {
    const image = parent<ImageState>(call, props.base);
    const seed = props.userData === undefined ? undefined : await readSeed(owner, props);
    const address = await claimAddress(places.networks, network, { owner, folder }, signal, places.here);
    const hostKey = await makeTree(folder, image.path, {
      hostname: props.hostname,
      publicKey: props.publicKey,
      address,
      gateway: gatewayOf(network.subnet),
      resolvConf: await hostResolvConf(),
      ...(seed === undefined ? {} : { seed }),
    });
    instance = {
      owner,
      hostname: props.hostname,
      publicKey: publicPart(props.publicKey),
      address,
      hostKey,
      networkOwner: network.owner,
      ...(props.memory === undefined ? {} : { memory: props.memory }),
      ...(props.cpus === undefined ? {} : { cpus: props.cpus }),
    };
    await saveInstance(folder, instance);
  }
  // The reconciler has just looked at the network, rules and all.
  if (!network.nat || !(await exists(`/sys/class/net/${network.bridge}`))) await bringUp(network, signal);
  await bootOn(places, network, folder, instance, signal);
}

function parent<S extends Data>(call: Call<MachineProps>, id: string): S {
  const state = call.dependencies[id];
  if (!state)
    throw new MachinistError("nspawn.parent", `${call.id} needs ${id}, which is not there`, {
      hint: "Run the same command again: what is missing is created first",
    });
  return state as S;
}
