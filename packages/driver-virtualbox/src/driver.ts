import { createHash } from "node:crypto";
import {
  type Data,
  type Driver,
  type DriverContext,
  fleetScope,
  type MachineCall,
  type PlannedMachine,
  type Resource,
  systemClock,
} from "@machinist/core";
import { adoptedKind, readKept } from "./adopted.ts";
import { type BaseProps, baseKind, sourceOf } from "./base.ts";
import { check } from "./check.ts";
import { diskKind } from "./disk.ts";
import { hostNetworkKind, parseCidr } from "./host-network.ts";
import { type MachineState, machineKind } from "./machine.ts";
import { markedObjects, placesOf } from "./paths.ts";
import { shutDown, startVm, turnOff } from "./power.ts";
import { createProgram } from "./program.ts";
import { readMachineInfo } from "./read-machine.ts";
import type { MachineProps } from "./settings.ts";

/** VirtualBox's words for what a machine does, as ours. What is not here is on its way somewhere. */
const STATUS = {
  running: "running",
  poweroff: "stopped",
  aborted: "stopped",
  teleported: "stopped",
  saved: "saved",
  "aborted-saved": "saved",
  paused: "paused",
  starting: "starting",
  restoring: "starting",
  stopping: "stopping",
  saving: "stopping",
  gurumeditation: "error",
} as const;

export function createDriver(context: DriverContext): Driver {
  const { clock = systemClock } = context;
  const program = createProgram(context);
  const places = placesOf(context);
  const stateIn = (call: Pick<MachineCall, "machine" | "states">) =>
    call.states[`${call.machine}/vm`] as MachineState | undefined;
  const onMachine = (work: (call: MachineCall, state: MachineState) => Promise<void>) => async (call: MachineCall) => {
    const state = stateIn(call);
    if (state) await work(call, state);
  };
  const power = ({ signal }: MachineCall, { uuid, ui }: MachineState) => ({ uuid, signal, ui });
  const start = onMachine((call, state) => startVm(program, power(call, state), clock));
  const stop = onMachine((call, state) => shutDown(program, power(call, state), clock, call.log));
  return {
    name: "virtualbox",
    local: true,
    resourceTypes: {
      "virtualbox.base": baseKind(program, places),
      "virtualbox.host-network": hostNetworkKind(program),
      "virtualbox.disk": diskKind(program, places, clock),
      "virtualbox.vm": machineKind(program, places, clock),
      "virtualbox.adopted": adoptedKind(program, clock),
    },
    check: (machine, options, signal) =>
      check(
        program,
        places,
        context,
        { machine, options, base: baseProps(options), props: machineProps(machine, options) },
        signal,
      ),
    plan: planMachine,
    endpoint(machine, states) {
      const state = stateIn({ machine, states });
      const port = state?.address ? 22 : state?.forwards["22"];
      if (!state?.complete || port === undefined) return undefined;
      const { address, user, hostKey, forwards, keyPath } = state;
      // docker-machine pinned no host key: the first connection does.
      if (hostKey === "")
        return { host: address || "127.0.0.1", port, user, ...(keyPath ? { keyPath } : {}), trustOnFirstUse: true };
      return { host: address || "127.0.0.1", port, user, hostKeys: [hostKey], ...(address ? {} : { forwards }) };
    },
    async status(call) {
      const state = stateIn(call);
      const seen = state && (await readMachineInfo(program, state.uuid, call.signal));
      return seen ? (STATUS[seen.power as keyof typeof STATUS] ?? "unknown") : "missing";
    },
    listOwned: (_options, signal) => markedObjects(program, signal),
    dockerMachine: { read: readKept },
    power: {
      start,
      stop,
      kill: onMachine((call, state) => turnOff(program, power(call, state), clock)),
      async restart(call) {
        await stop(call);
        await start(call);
      },
    },
  };
}

const baseProps = (options: Data): BaseProps => ({
  from: String(options.image),
  checksum: String(options["image-checksum"] ?? ""),
  packages: (options["image-package"] ?? []) as string[],
  mirror: String(options["image-mirror"] ?? ""),
  size: Number(options["disk-size"]),
});

const digest = (of: unknown): string => createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 12);

function ids({ name, fleet }: PlannedMachine, options: Data) {
  const image = digest(sourceOf(baseProps(options)));
  const network = options["hostonly-cidr"] ? `host-network:${options["hostonly-cidr"]}`.replace("/", "-") : undefined;
  return {
    image,
    base: `${fleetScope(fleet)}/base:${image}-${options["disk-size"]}`,
    disk: `${name}/disk`,
    hostOnly: network === undefined ? "" : `${fleetScope(fleet)}/${network}`,
  };
}

function machineProps(machine: PlannedMachine, options: Data): MachineProps {
  const text = (name: string) => String(options[name] ?? "");
  const { disk, hostOnly } = ids(machine, options);
  return {
    name: machine.name,
    publicKey: machine.publicKey,
    disk,
    hostOnly,
    user: text("ssh-user"),
    userData: text("user-data"),
    memory: Number(options.memory),
    cpus: Number(options["cpu-count"]),
    ports: [22, ...(machine.enginePort === undefined ? [] : [machine.enginePort])],
    publish: (options.publish ?? []) as string[],
    nic: text("nat-nictype"),
    hostResolver: options["host-dns-resolver"] === true,
    dnsProxy: options["no-dns-proxy"] !== true,
    hostOnlyNic: text("hostonly-nictype"),
    promiscuous: text("hostonly-nicpromisc"),
    bridge: text("bridge-adapter"),
    share: text("share-folder"),
    ui: text("ui-type"),
  };
}

/** The network of the fleet and the base disk stay when they are let go; machine and disk are each machine's own. */
function planMachine(machine: PlannedMachine, options: Data): Resource[] {
  const { image, base, disk, hostOnly } = ids(machine, options);
  const network = hostOnly === "" ? [] : [hostOnly];
  return [
    { id: base, kind: "virtualbox.base", props: baseProps(options), parents: [] },
    ...network.map((id) => ({
      id,
      kind: "virtualbox.host-network",
      props: parseCidr(String(options["hostonly-cidr"])),
      parents: [],
    })),
    {
      id: disk,
      kind: "virtualbox.disk",
      props: { image, base, size: Number(options["disk-size"]) },
      parents: [],
      after: [base],
    },
    {
      id: `${machine.name}/vm`,
      kind: "virtualbox.vm",
      props: machineProps(machine, options),
      parents: [disk],
      after: network,
    },
  ];
}
