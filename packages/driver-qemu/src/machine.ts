import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seedImage, userData } from "@machinist/cloud-init";
import { type Call, lockFile, MachinistError, type ResourceType, same } from "@machinist/core";
import { attempt, lastWords } from "@machinist/programs";
import { makeKeyPair } from "@machinist/ssh";
import { judgeAccel, type Verdict } from "./accel.ts";
import { consolePath, pidPath, qemuArgv, seedPath } from "./argv.ts";
import { followBase } from "./base.ts";
import type { DiskState } from "./disk.ts";
import { firmwareOf } from "./firmware.ts";
import {
  forwardsOf,
  type Instance,
  type MachineProps,
  type MachineState,
  readInstance,
  readState,
  saveInstance,
  socketPath,
} from "./instance.ts";
import type { Places } from "./paths.ts";
import { becomesFree, claimPorts, keepPorts, releasePorts } from "./ports.ts";
import { endsWithin, findCarrier, kill } from "./process.ts";
import { sendCommand } from "./qmp.ts";

/** How long a machine may take to shut down before it is ended by force, in ms: an emulated one takes its time. */
const SHUTDOWN_MS = 90_000;

/** What can be changed by starting the machine again. */
const IN_PLACE = ["cpus", "memory", "accel", "publish"] as const;

export function machineKind(places: Places): ResourceType<MachineProps, MachineState> {
  const folderOf = (call: Call<MachineProps> & { state?: MachineState | undefined }): Promise<string> =>
    places.locate(call, call.state?.folder);

  const finish = async (call: Call<MachineProps>): Promise<MachineState> => {
    const folder = await folderOf(call);
    // The folder is the first trace of a machine: from here on it is found, and removed.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await withMachineLock(folder, call.signal, async () => {
      await prepare(places, folder, call);
      await launch(places, folder, call.owner, call);
    });
    const state = await readState(folder, call.owner);
    if (state) return state;
    throw new MachinistError("qemu.vanished", `The folder ${folder} of a new machine disappeared`, {
      hint: "Run the same command again; something else removes files there",
    });
  };

  return {
    read: async (call) => readState(await folderOf(call), call.owner),
    create: finish,
    async update(call) {
      const folder = await folderOf(call);
      const before = await readInstance(folder);
      if (!before) return finish(call);
      const missing = call.props.ports.filter((port) => !(port in before.ports));
      const added = await claimPorts(places, folder, missing.length, call.signal);
      const ports = { ...before.ports, ...Object.fromEntries(missing.map((port, index) => [port, added[index] ?? 0])) };
      const { cpus, memory, accel, publish } = call.props;
      const after: Instance = { ...before, cpus, memory, accel, publish, ports };
      if (!same(before, after)) {
        await stopMachine(folder, call.owner, SHUTDOWN_MS, call);
        await saveInstance(folder, after);
      }
      await startMachine(places, folder, call.owner, call);
      return (await readState(folder, call.owner)) ?? call.state;
    },
    async delete(call) {
      const folder = await folderOf(call);
      const carrier = await findCarrier(folder, call.owner);
      if (carrier) await kill(carrier);
      // A record that cannot be read does not keep its machine here for ever.
      const instance = await readInstance(folder).catch(() => undefined);
      if (instance) await rm(instance.socket, { force: true });
      if (instance) await releasePorts(places, folder, Object.values(instance.ports));
      await rm(folder, { recursive: true, force: true });
    },
    drift: (state, props) => {
      // Update finishes it: nothing that cannot be changed is to be.
      if (state.hostname === "") return ["complete"];
      const changed = IN_PLACE.filter((name) => !same(state[name], props[name]));
      const unforwarded = props.ports.some((port) => !(port in state.ports)) ? ["ports"] : [];
      // What is declared is a machine that runs: one that was stopped, or died with this computer, is started.
      return [...changed, ...unforwarded, ...(state.running ? [] : ["running"])];
    },
    requiresRestart: [...IN_PLACE, "ports"],
    requiresReplace: ["hostname", "publicKey", "user", "disk", "arch", "userData"],
    consistencyWindowMs: 0,
    pollIntervalMs: 200,
  };
}

type CallContext = Pick<Call, "signal" | "log">;

/** One start or stop at a time: of two that start a machine the second finds it running. */
async function withMachineLock<T>(folder: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const lock = await lockFile(join(folder, ".lock"), { waitMs: SHUTDOWN_MS + 30_000, signal, what: "the machine" });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Decide on everything and write it down, the seed for the first boot before the record that says it is there. */
async function prepare(places: Places, folder: string, call: Call<MachineProps>): Promise<void> {
  if (await readInstance(folder)) return;
  const { props, owner, signal } = call;
  const disk = call.dependencies[props.disk] as DiskState | undefined;
  if (!disk)
    throw new MachinistError("qemu.parent", `${call.id} needs ${props.disk}, which is not there`, {
      hint: "Run the same command again: what is missing is created first",
    });
  // The seed lies on this computer alone, 0600: so the host's key can be made here, and the first connection is checked.
  const hostKey = await makeKeyPair(props.hostname);
  const own = props.userData === "" ? {} : { userData: await readUserData(props.userData) };
  const seed = seedImage({
    userData: userData({ hostKey, authorizedKeys: [props.publicKey], hostname: props.hostname, ...own }),
    metaData: { instanceId: owner, localHostname: props.hostname },
  });
  await writeFile(seedPath(folder), seed, { mode: 0o600 });
  const { hostname, user, arch, accel, cpus, memory, publish } = props;
  const chosen = await claimPorts(places, folder, props.ports.length, signal);
  const ports = Object.fromEntries(props.ports.map((port, index) => [port, chosen[index] ?? 0]));
  const socket = await socketPath(folder, owner);
  const publicPart = hostKey.publicKey.split(" ").slice(0, 2).join(" ");
  await saveInstance(folder, {
    owner,
    folder,
    hostname,
    user,
    hostKey: publicPart,
    disk: disk.path,
    socket,
    arch,
    accel,
    cpus,
    memory,
    ports,
    publish,
  });
}

export const readUserData = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new MachinistError("qemu.user-data", `The user-data file ${path} cannot be read (${cause.code})`, {
      cause,
      hint: "Check the path in the option user-data",
    });
  });

export async function startMachine(places: Places, folder: string, owner: string, told: CallContext): Promise<void> {
  // Asked first: a lock would make the folder of a machine that is gone.
  if (!(await readInstance(folder))) throw unfinished();
  await withMachineLock(folder, told.signal, () => launch(places, folder, owner, told));
}

const unfinished = () =>
  new MachinistError("qemu.incomplete", "The machine was never finished", {
    hint: "Bring it into line first: machinist up, or machinist create with the same name",
  });

/** Start a machine that does not run. It goes on when this process ends. */
async function launch(places: Places, folder: string, owner: string, { signal, log }: CallContext): Promise<void> {
  if (await findCarrier(folder, owner)) return;
  const kept = await readInstance(folder);
  if (!kept) throw unfinished();
  const instance = { ...kept, socket: await socketPath(folder, owner) };
  await saveInstance(folder, instance);
  await keepPorts(places, folder, Object.values(instance.ports));
  await followBase(instance.disk, places.images, { signal });
  const verdict = await accelOf(places, instance, signal);
  if (verdict.reason !== "") log(`The machine is emulated, which is slow: ${verdict.reason}`, "warn");
  const forwards = forwardsOf(instance);
  for (const { protocol, port, address } of forwards)
    if (protocol === "tcp" && !(await becomesFree(port, address, signal))) throw portTaken(port);
  // Made here: QEMU would leave it readable by all.
  await (await open(consolePath(folder), "a", 0o600)).close();
  await rm(pidPath(folder), { force: true });
  await rm(instance.socket, { force: true });
  const firmware = await firmwareOf(instance.arch);
  const argv = qemuArgv({ ...instance, forwards, firmware, accel: verdict.accel });
  // Not interrupted by the caller: a QEMU that has become a process of its own would go on unseen. It takes a second.
  const { code, stderr } = await attempt(argv, { cwd: folder, timeoutMs: 60_000 });
  if (code === 0) return;
  throw new MachinistError("qemu.start", `QEMU did not start the machine: ${lastWords(stderr)}`, {
    hint: `See ${consolePath(folder)}`,
  });
}

async function accelOf(places: Places, { arch, accel }: Instance, signal: AbortSignal): Promise<Verdict> {
  return accel === "auto" ? judgeAccel(arch, places.cache, signal) : { accel, reason: "" };
}

export const portTaken = (port: number) =>
  new MachinistError("qemu.port-taken", `Port ${port} of this computer is in use by something else`, {
    hint: `See by what: ss -ltnp 'sport = :${port}' (macOS: lsof -i :${port})`,
  });

/** Ask it to shut down, again and again: one that is still booting does not hear. In the end, or with 0 ms, by force. */
export async function stopMachine(
  folder: string,
  owner: string,
  graceMs: number,
  { signal, log }: CallContext,
): Promise<void> {
  const carrier = await findCarrier(folder, owner);
  if (!carrier) return;
  const instance = await readInstance(folder);
  const deadline = Date.now() + graceMs;
  while (instance && Date.now() < deadline) {
    const heard = await sendCommand(instance.socket, "system_powerdown").catch(() => false);
    if (await endsWithin(carrier, heard ? 2000 : 200, signal)) return;
  }
  if (graceMs > 0) log(`The machine did not shut down in ${graceMs / 1000} s and is switched off`, "warn");
  await kill(carrier);
}

export { SHUTDOWN_MS };
