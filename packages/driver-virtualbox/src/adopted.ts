import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type AdoptedMachine, type Clock, type Data, MachinistError, type ResourceType } from "@machinist/core";
import type { MachineState } from "./machine.ts";
import { isOff } from "./paths.ts";
import { turnOff } from "./power.ts";
import type { Program } from "./program.ts";
import { readMachineInfo } from "./read-machine.ts";

/** `folder`: where docker-machine has the machine's disk and settings. */
export type AdoptedProps = { name: string; folder: string };

/**
 * A machine that docker-machine made. VirtualBox knows it by its name alone, and all of it lies in one folder; it is looked
 * at, switched and removed, and never recreated.
 */
export function adoptedKind(program: Program, clock: Clock): ResourceType<AdoptedProps, MachineState> {
  return {
    async read({ state, props, signal }) {
      const info = await readMachineInfo(program, props.name, signal);
      const known = state ?? stateOf({ StorePath: "" }, props.name);
      return info && { ...known, power: info.power, memory: info.memory, cpus: info.cpus };
    },
    create: ({ props }) => {
      throw new MachinistError("virtualbox.gone", `VirtualBox knows no machine ${props.name} any more`, {
        hint: `docker-machine made it, and it cannot be recreated just so. Forget it with: machinist rm -f ${props.name}`,
      });
    },
    async delete({ props, signal }) {
      const info = await readMachineInfo(program, props.name, signal);
      if (info && !isOff(info)) await turnOff(program, { uuid: props.name, signal }, clock);
      await program.exclusive(signal, () => program.find(["unregistervm", props.name, "--delete"], { signal }));
      await rm(join(props.folder, props.name), { recursive: true, force: true });
    },
    ready: ({ power }) => (power === "running" ? true : `it to run (VirtualBox says: ${power})`),
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Its SSH is a forward of the NAT, its Docker on the host-only network. */
function stateOf(kept: Data, machine: string): MachineState {
  const port = Number(kept.SSHPort) || 22;
  return {
    ...{ uuid: machine, folder: join(text(kept.StorePath), "machines", machine), power: "", complete: true },
    ...{ memory: Number(kept.Memory) || 0, cpus: Number(kept.CPU) || 0, forwards: { "22": port } },
    ...{ address: text(kept.IPAddress), hostKey: "", user: text(kept.SSHUser) || "docker", ui: "headless" },
    keyPath: text(kept.SSHKeyPath),
  };
}

export function readKept(kept: Data, machine: string): AdoptedMachine {
  const state = stateOf(kept, machine);
  const props: AdoptedProps = { name: machine, folder: state.folder };
  return {
    options: {},
    resources: [{ id: `${machine}/vm`, kind: "virtualbox.adopted", props, parents: [], state }],
  };
}
