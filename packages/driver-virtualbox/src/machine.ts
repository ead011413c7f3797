import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Call, type Clock, isMachinistError, MachinistError, type ResourceType } from "@machinist/core";
import { withBase } from "./base.ts";
import { chooseAddress, type HostNetworkState } from "./host-network.ts";
import { machineInfo } from "./listing.ts";
import { settingsIn, tellAnew } from "./moved.ts";
import { isOff, type Places, uuidOf } from "./paths.ts";
import { choosePorts } from "./ports.ts";
import { shutDown, startVm, turnOff } from "./power.ts";
import type { Program } from "./program.ts";
import { readMachineInfo } from "./read-machine.ts";
import { seedPath, writeSeed } from "./seed.ts";
import {
  addressIn,
  cpuCount,
  describe,
  type MachineProps,
  macOf,
  modifyArgv,
  networkConfig,
  wantedRules,
} from "./settings.ts";

/**
 * `complete`: all of it was set up. `forwards`: its ports by the port of 127.0.0.1 they are reached at. `address`: on the
 * host-only network, else empty.
 */
export type MachineState = {
  uuid: string;
  folder: string;
  power: string;
  complete: boolean;
  memory: number;
  cpus: number;
  forwards: { [port: string]: number };
  address: string;
  hostKey: string;
  user: string;
  ui: string;
  /** Of a machine that docker-machine made: the key that it is reached with. */
  keyPath?: string;
};

/** Whether the settings are those of a machine that was set up to its end. */
const isComplete = async (settings: string, owner: string): Promise<boolean> =>
  (await readFile(settings, "utf8")).includes(describe(owner));

const UNREGISTERED = { ...machineInfo(""), power: "unregistered" };

/** Props that are in its seed or its making, and cannot be given to a machine that is there. */
const IMMUTABLE = ["name", "publicKey", "disk", "user", "userData", "hostOnly", "share"];

/** Props that are set while it is off; the one exception is that it runs. */
const RESTARTS = [
  ...["memory", "cpus", "ports", "publish", "nic", "hostResolver", "dnsProxy", "hostOnlyNic", "promiscuous", "bridge"],
  ...["ui", "complete"],
];

export function machineKind(program: Program, places: Places, clock: Clock): ResourceType<MachineProps, MachineState> {
  const stateOf = async (call: Call<MachineProps>, folder: string): Promise<MachineState | undefined> => {
    const uuid = uuidOf(call.owner);
    const [found, settings] = [await readMachineInfo(program, uuid, call.signal), await settingsIn(folder)];
    // One that VirtualBox forgot while its files are all there was moved; so was one that it knows by another place.
    const info = found ?? (settings && (await isComplete(settings, call.owner)) ? UNREGISTERED : undefined);
    if (!info) return undefined;
    const astray = isOff(info) && settings !== undefined && info.settingsFile !== settings;
    const key = await readFile(join(folder, "id_ed25519.pub"), "utf8").catch(() => "");
    return {
      uuid,
      folder,
      power: info.power,
      // Somebody may have written a description of his own into one that has run since.
      complete: (info.description.includes(describe(call.owner)) || !isOff(info)) && !astray,
      memory: info.memory,
      cpus: info.cpus,
      forwards: Object.fromEntries(info.rules.map(({ guestPort, hostPort }) => [String(guestPort), hostPort])),
      address: addressIn(info.macs["2"]) ?? "",
      hostKey: key.trim().split(/\s+/).slice(0, 2).join(" "),
      user: call.props.user,
      ui: call.props.ui,
    };
  };
  const finish = async (call: Call<MachineProps>): Promise<MachineState> => {
    const folder = places.machine(call);
    await program.exclusive(call.signal, () => build(program, places, call, folder));
    await startVm(program, { uuid: uuidOf(call.owner), ui: call.props.ui, signal: call.signal }, clock);
    const state = await stateOf(call, folder);
    if (!state)
      throw new MachinistError("virtualbox.vanished", `The machine ${call.props.name} disappeared`, {
        retryable: true,
        hint: "Run the same command again",
      });
    return state;
  };
  return {
    read: (call) => stateOf(call, places.machine(call, call.state?.folder)),
    create: finish,
    async update(call) {
      const others = call.changed.filter((name) => name !== "power");
      const power = { uuid: call.state.uuid, ui: call.props.ui, signal: call.signal };
      if (others.length > 0 && !isOff(call.state)) {
        call.log(`It is restarted to change ${others.join(", ")}`);
        await shutDown(program, power, clock, call.log);
      }
      return finish(call);
    },
    async delete(call) {
      const { state, signal } = call;
      const folder = places.machine(call, state.folder);
      const info = await readMachineInfo(program, state.uuid, signal);
      if (info) {
        if (!isOff(info)) await turnOff(program, { uuid: state.uuid, signal }, clock);
        if (info.power.endsWith("saved")) await program.run(["discardstate", state.uuid], { signal });
        // Without --delete: that would take the base disk along with the last disk on it.
        await program.exclusive(signal, () => program.find(["unregistervm", state.uuid], { signal }));
      }
      await program.run(["closemedium", "dvd", seedPath(folder)], { signal }).catch(() => {}); // it may be forgotten already
      await rm(folder, { recursive: true, force: true });
    },
    ready: ({ power }) => (power === "running" ? true : `it to run (VirtualBox says: ${power})`),
    drift: (state, props) => [
      ...(state.complete ? [] : ["complete"]),
      ...(state.memory === props.memory ? [] : ["memory"]),
      ...(state.cpus === cpuCount(props) ? [] : ["cpus"]),
      // What is declared is a machine that runs: one that was stopped, paused or saved goes on.
      ...(state.power === "running" ? [] : ["power"]),
    ],
    requiresReplace: IMMUTABLE,
    requiresRestart: RESTARTS,
    // VirtualBox says that it has started only when it has.
    readyTimeoutMs: 60_000,
    pollIntervalMs: 500,
  };
}

/** Make the machine, or what of it is missing, and set it as wanted; it is off. Alone on this VirtualBox. */
async function build(program: Program, places: Places, call: Call<MachineProps>, folder: string): Promise<void> {
  const { props, owner, signal, fleet } = call;
  const uuid = uuidOf(owner);
  const run = (...args: string[]) => program.run(args, { signal });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let info = await readMachineInfo(program, uuid, signal);
  const settings = await settingsIn(folder);
  const moved = settings !== undefined && settings !== info?.settingsFile && (!info || isOff(info));
  if (moved && (await isComplete(settings, owner))) {
    const { chain = [] } = (call.dependencies[props.disk] ?? {}) as { readonly chain?: string[] };
    await tellAnew(program, places, { uuid, folder, settings, chain }, signal);
    info = await readMachineInfo(program, uuid, signal);
  }
  if (!info) {
    // What a request that was killed left of its settings would be in the way.
    await rm(join(folder, "vm"), { recursive: true, force: true });
    await run(
      "createvm",
      "--name",
      props.name,
      "--uuid",
      uuid,
      "--basefolder",
      join(folder, "vm"),
      "--groups",
      `/machinist/${fleet}`,
      "--ostype",
      "Linux_64",
      "--register",
    );
    info = await readMachineInfo(program, uuid, signal);
  }
  if (!info)
    throw new MachinistError("virtualbox.vanished", `The machine ${props.name} disappeared`, {
      retryable: true,
      hint: "Run the same command again",
    });
  if (!isOff(info)) return;
  const network =
    props.hostOnly === "" ? undefined : (call.dependencies[props.hostOnly] as HostNetworkState | undefined);
  const address = network && (addressIn(info.macs["2"]) ?? (await chooseAddress(program, network, signal)));
  const rules = await choosePorts(program, wantedRules(props), info.rules, signal);
  if (!info.description.includes(describe(owner))) {
    // Of a disk a machine needs this much; disks in turn look at machines.
    const disk = call.dependencies[props.disk] as { readonly path: string; readonly chain: string[] } | undefined;
    if (!disk)
      throw new MachinistError("virtualbox.parent", `${call.id} needs ${props.disk}, which is not there`, {
        hint: "Run the same command again",
      });
    const seed = await writeSeed(
      call,
      folder,
      networkConfig(
        { owner, props, before: info },
        network && address ? { address, prefix: network.prefix } : undefined,
      ),
    );
    if (!info.storage) await run("storagectl", uuid, "--name", "SATA", "--add", "sata", "--portcount", "2");
    const attach = (port: string, type: string, path: string) =>
      run(
        "storageattach",
        uuid,
        "--storagectl",
        "SATA",
        "--port",
        port,
        "--device",
        "0",
        "--type",
        type,
        "--medium",
        path,
      );
    await withBase(program, disk.chain, () => attach("0", "hdd", disk.path));
    await attach("1", "dvddrive", seed);
    const [path, name] = sharedFolder(props.share);
    if (path) await run("sharedfolder", "add", uuid, "--name", name, "--hostpath", path).catch(ignoreExisting);
  }
  const hostOnly = network && address ? { interface: network.name, mac: macOf(address) } : undefined;
  await run(
    ...modifyArgv({ uuid, owner, props, rules, hostOnly, before: info, consoleLog: join(folder, "console.log") }),
  );
}

/** `DIR:NAME`; a Windows path has a colon of its own. */
export function sharedFolder(share: string): [path: string, name: string] {
  const at = share.lastIndexOf(":");
  return at < 0 ? ["", ""] : [share.slice(0, at), share.slice(at + 1)];
}

function ignoreExisting(thrown: unknown): void {
  if (!isMachinistError(thrown) || !thrown.message.includes("already exists")) throw thrown;
}
