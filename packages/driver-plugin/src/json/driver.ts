import {
  type Data,
  type Driver,
  type DriverContext,
  type DriverModule,
  type Endpoint,
  type Json,
  type MachineCall,
  type MachineState,
  MachinistError,
  type MarkedObject,
  type PowerAction,
  type Price,
  type Resource,
  type States,
  scopeOf,
} from "@machinist/core";
import { kindsOf, type SeenState } from "./kinds.ts";
import { JsonProgram, type ProgramOptions } from "./program.ts";
import { type Description, PROTOCOL } from "./protocol.ts";

/** How long a program may take to say what it is, in ms. */
const DESCRIBE_MS = 20_000;

/** A program that speaks PROTOCOL.md as a driver. Throws `plugin.*`. */
export async function jsonDriver(options: ProgramOptions, signal: AbortSignal): Promise<DriverModule> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(DESCRIBE_MS)]);
  const answer = await new JsonProgram(options).request("initialize", { protocol: PROTOCOL }, { signal: limit });
  const about = described(options.name, answer);
  return {
    name: about.name,
    description: about.description,
    options: about.options,
    ...(about.credentials ? { credentials: about.credentials } : {}),
    create: (context) => createDriver(options, about, context),
  };
}

/** Throws `plugin.version` and `plugin.protocol`. */
function described(name: string, answer: Json): Description {
  const about = (answer ?? {}) as unknown as Description;
  if (about.protocol !== PROTOCOL)
    throw new MachinistError(
      "plugin.version",
      `The program of driver ${name} speaks version ${String(about.protocol)} of the protocol`,
      { hint: `Get one that speaks version ${PROTOCOL}` },
    );
  const whole = about.name === name && about.options?.type === "object" && typeof about.kinds === "object";
  if (whole && Object.keys(about.kinds).every((kind) => kind.startsWith(`${name}.`))) return about;
  throw new MachinistError("plugin.protocol", `The program of driver ${name} does not describe a driver of this name`, {
    hint: "It answers `initialize` with name, description, options and kinds; each kind's name begins with the driver's",
  });
}

function createDriver(options: ProgramOptions, about: Description, context: DriverContext): Driver {
  const program = new JsonProgram({ ...options, env: context.env });
  const has = new Set(about.methods);
  const onMachine = (method: string, call: MachineCall, more: Data = {}): Promise<Json> => {
    const { machine, states, signal } = call;
    const onStderr = (line: string) => call.log(line, "debug");
    return program.request(method, { machine, states: own(states), ...more }, { signal, onStderr });
  };
  const power = (action: PowerAction) => async (call: MachineCall) => void (await onMachine("power", call, { action }));
  return {
    name: about.name,
    kinds: kindsOf(program, about.kinds, context.machineDir),
    ...(about.sshKey ? { sshKey: about.sshKey } : {}),
    plan: async (machine, given) =>
      (await program.request("plan", { machine: { ...machine }, options: given })) as unknown as Resource[],
    endpoint: (machine, states) => found(machine, states)?.endpoint as Endpoint | undefined,
    engineUrl: (machine, states) => found(machine, states, "engineUrl")?.engineUrl as string | undefined,
    ...(has.has("check") && {
      check: async (machine, given, signal) =>
        void (await program.request("check", { machine: { ...machine }, options: given }, { signal })),
    }),
    ...(has.has("price") && {
      price: async (given: Data, signal: AbortSignal) =>
        ((await program.request("price", { options: given }, { signal })) ?? undefined) as unknown as Price | undefined,
    }),
    ...(has.has("status") && { status: async (call) => (await onMachine("status", call)) as MachineState }),
    ...(has.has("objects") && {
      objects: async (given: Data, signal: AbortSignal) => {
        const objects = (await program.request("objects", { options: given }, { signal })) as unknown as MarkedObject[];
        return objects.map((object) => ({ ...object, state: { state: object.state } }));
      },
    }),
    ...(about.power && { power: Object.fromEntries(about.power.map((action) => [action, power(action)])) }),
  };
}

/** The states as the driver gave them. */
const own = (states: States): Data =>
  Object.fromEntries(Object.entries(states).map(([id, each]) => [id, (each as SeenState).state ?? each]));

/** The first resource of a machine that tells how it is reached. */
const found = (machine: string, states: States, what = "endpoint"): Data | undefined =>
  Object.entries(states).find(([id, each]) => scopeOf(id) === machine && each[what] !== undefined)?.[1];
