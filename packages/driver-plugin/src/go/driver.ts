import {
  type Data,
  type Driver,
  type DriverContext,
  type DriverModule,
  type MachineCall,
  type MachineState,
  MachinistError,
  type PlannedMachine,
  type States,
} from "@machinist/core";
import { learned, noteLearned } from "./begun.ts";
import { dockerMachineForm } from "./docker-machine.ts";
import { type PluginFlag, readFlags, schemaOf } from "./flags.ts";
import { machineKind } from "./machine.ts";
import { Plugin } from "./plugin.ts";
import type { PluginProgram } from "./plugin-process.ts";
import { type Method, withPlugin } from "./session.ts";
import { doingIn, type PluginState } from "./state.ts";
import { emptyDriver } from "./store-folders.ts";
import { until } from "./until.ts";

const machineId = (machine: string): string => `${machine}/machine`;

const stateIn = (machine: string, states: States): PluginState | undefined =>
  states[machineId(machine)] as PluginState | undefined;

/**
 * A docker-machine plugin as a driver, called `name`. It is started once here, to be asked for its flags. Throws `plugin.*`.
 */
export async function goDriver(
  program: PluginProgram,
  signal: AbortSignal,
  name = program.name,
): Promise<DriverModule> {
  const answer = await withPlugin(program, { signal, log: () => {} }, async (session) => {
    // As docker-machine does it: for drivers that look at their configuration even for this.
    await session.configure(emptyDriver("", "flag-lookup"));
    return session.ask("GetCreateFlags");
  });
  const flags = readFlags(program.name, answer);
  return {
    name,
    description: `A plugin of docker-machine: ${program.path}`,
    ...schemaOf(program.name, flags, name),
    create: (context) => createDriver(name, program, flags, context),
  };
}

function createDriver(
  name: string,
  program: PluginProgram,
  flags: readonly PluginFlag[],
  context: DriverContext,
): Driver {
  const plugin = new Plugin(program, flags, context);
  const kind = `${name}.machine`;
  const power = (method: Method, wanted: MachineState) => async (call: MachineCall) => {
    const { config } = known(call);
    const folder = plugin.folder(call.machine);
    await plugin.withMachine(await learned(folder, config), call, async (session) => {
      await session.ask(method);
      await until(session, wanted, method, call.signal);
      await noteLearned(folder, config, await plugin.configOf(session));
    });
  };
  return {
    name,
    resourceTypes: { [kind]: machineKind(plugin) },
    check: async (machine, options, signal) => {
      const asked = { options, ...hostOptionsOf(machine) };
      await plugin.withNew(machine.name, asked, { signal, log: () => {} }, (session) => session.ask("PreCreateCheck"));
    },
    plan: (machine, options: Data) => [
      { id: machineId(machine.name), kind, props: { options, whole: true, ...hostOptionsOf(machine) }, parents: [] },
    ],
    endpoint(machine, states) {
      const state = stateIn(machine, states);
      if (!state?.host) return undefined;
      const { host, port, user, keyPath } = state;
      // A plugin tells nothing of the host's keys: the first that is seen is kept to.
      return { host, port, user: user || "root", ...(keyPath ? { keyPath } : {}), trustOnFirstUse: true };
    },
    status: async (call) => {
      const state = stateIn(call.machine, call.states);
      if (state === undefined) return "missing";
      const config = await learned(plugin.folder(call.machine), state.config);
      return plugin.withMachine(config, { ...call, looksOnly: true }, doingIn);
    },
    dockerMachine: dockerMachineForm(kind, machineId, flags, (machine, kept) => plugin.found(machine, kept)),
    power: {
      start: power("Start", "running"),
      stop: power("Stop", "stopped"),
      restart: power("Restart", "running"),
      kill: power("Kill", "stopped"),
    },
  };
}

const hostOptionsOf = ({ hostOptions }: PlannedMachine) => (hostOptions === undefined ? {} : { hostOptions });

function known({ machine, states }: MachineCall): PluginState {
  const state = stateIn(machine, states);
  if (state) return state;
  throw new MachinistError("plugin.incomplete", "The machine was never finished", {
    hint: "Bring it into line first: machinist up, or machinist create with the same name",
  });
}
