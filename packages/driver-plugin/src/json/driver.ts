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
import { type Allowed, allowedFor, refuseOthers, variablesOf, withoutOthers } from "./variables.ts";

/** How long a program may take to say what it is, in ms. */
const DESCRIBE_MS = 20_000;

export interface JsonDriverOptions {
  readonly signal: AbortSignal;
  /** The name that it must have. Default: any that a driver can have. */
  readonly name?: string;
  /** Whether it sees this computer's files, so that it can be given a machine's folder. */
  readonly folders: boolean;
  /** Of a driver that does not run as the user: the variables that it may have beside its own, by its name. Default: all. */
  readonly agreed?: (name: string) => Promise<readonly string[]>;
}

/** A program that speaks PROTOCOL.md as a driver. Throws `plugin.*`. */
export async function jsonDriver(
  program: ProgramOptions,
  { signal, name, folders, agreed }: JsonDriverOptions,
): Promise<DriverModule> {
  const said = described(program.name, name, await initialize(program, signal));
  const allowed: Allowed = agreed ? allowedFor(said.name, await agreed(said.name)) : () => true;
  const about = withoutOthers(said, allowed);
  const options = { ...program, folders, variables: variablesOf(about).filter(allowed) };
  return {
    name: about.name,
    description: about.description,
    options: about.options,
    ...(about.credentials ? { credentials: about.credentials } : {}),
    create(context) {
      const launch: ProgramOptions["launch"] = (variables) => {
        refuseOthers(about, allowed, { image: program.name, env: context.env });
        return program.launch(variables);
      };
      return createDriver({ ...options, launch }, about, context);
    },
  };
}

/** Throws `plugin.timeout`, and what else a request does. */
async function initialize(program: ProgramOptions, signal: AbortSignal): Promise<Json> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), DESCRIBE_MS);
  try {
    const params = { protocol: PROTOCOL };
    return await new JsonProgram(program).request("initialize", params, {
      signal: AbortSignal.any([signal, late.signal]),
    });
  } catch (thrown) {
    if (!late.signal.aborted || signal.aborted) throw thrown;
    throw new MachinistError(
      "plugin.timeout",
      `The program of driver ${program.name} did not say within ${DESCRIBE_MS / 1000} s what it is`,
      { hint: "Run it by itself and look whether it answers lines of JSON-RPC on its stdin" },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Throws `plugin.version` and `plugin.protocol`. */
function described(program: string, wanted: string | undefined, answer: Json): Description {
  const about = (answer ?? {}) as unknown as Description;
  if (about.protocol !== PROTOCOL)
    throw new MachinistError(
      "plugin.version",
      `The program of driver ${program} speaks version ${String(about.protocol)} of the protocol`,
      { hint: `Get one that speaks version ${PROTOCOL}` },
    );
  const { name } = about;
  const named = wanted === undefined ? /^[a-z0-9][a-z0-9-]{0,62}$/.test(String(name)) : name === wanted;
  const whole = named && about.options?.type === "object" && typeof about.kinds === "object";
  if (whole && Object.keys(about.kinds).every((kind) => kind.startsWith(`${name}.`))) return about;
  const what = wanted === undefined ? "a driver" : "a driver of this name";
  throw new MachinistError("plugin.protocol", `The program of driver ${program} does not describe ${what}`, {
    hint: "It answers `initialize` with name, description, options and kinds; each kind's name begins with the driver's",
  });
}

function createDriver(
  { folders, ...options }: ProgramOptions & Pick<JsonDriverOptions, "folders">,
  about: Description,
  context: DriverContext,
): Driver {
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
    kinds: kindsOf(program, about.kinds, folders ? context.machineDir : undefined),
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
