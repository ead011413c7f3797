import {
  type Data,
  type Driver,
  type DriverContext,
  type DriverModule,
  type Endpoint,
  type Json,
  type MachineCall,
  MachinistError,
  type PowerAction,
  type Resource,
  type States,
  scopeOf,
  shape,
} from "@machinist/core";
import { Answers } from "./answers.ts";
import { described } from "./described.ts";
import { JsonProgram, type Launch, type ProgramOptions } from "./program.ts";
import { type Description, PROTOCOL } from "./protocol.ts";
import { kindsOf, type SeenState } from "./resource-types.ts";
import { type Allowed, allowedFor, refuseOthers, variablesOf, withoutOthers } from "./variables.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** How long a program may take to say what it is and what machines consist of, in ms. */
const DESCRIBE_MS = 20_000;
/** To look at what its provider has. */
const LOOK_MS = 5 * 60_000;
/** To check or switch a machine. */
const WORK_MS = 20 * 60_000;

export interface JsonDriverOptions {
  readonly signal: AbortSignal;
  /** The name that it must have. Default: any that a driver can have. */
  readonly name?: string;
  /** Whether it sees this computer's files, so that it can be given a machine's folder. */
  readonly folders: boolean;
  /** The variables that the user lets it have beside its own, by its name. */
  readonly agreed: (name: string) => Promise<readonly string[]>;
  /** How the user lets it have more, as an error's hint says it. */
  readonly agreeTo: (variable: string) => string;
}

/** A driver's program before it is known what it is. */
export interface JsonSource {
  /** What it is called in errors. */
  readonly name: string;
  readonly env: Env;
  /** `variables`: those that the driver has a use for and may have, and `allowed` whether it may have another; none while it is asked what it is. */
  readonly launch: (env: Env, variables: readonly string[], allowed: Allowed) => Launch;
}

const nothing: Allowed = () => false;

/** A program that speaks PROTOCOL.md as a driver. Throws `plugin.*`. */
export async function jsonDriver(
  { name: known, env, launch }: JsonSource,
  { signal, name, folders, agreed, agreeTo }: JsonDriverOptions,
): Promise<DriverModule> {
  const first = { name: known, launch: () => launch(env, [], nothing) };
  const said = described(known, name, await initialize(first, signal));
  const consented = await agreed(said.name);
  const allowed = allowedFor(said.name, consented);
  const about = withoutOthers(said, allowed);
  const variables = [...new Set([...variablesOf(about).filter(allowed), ...consented])];
  return {
    name: about.name,
    description: about.description,
    options: about.options,
    ...(about.credentials ? { credentials: about.credentials } : {}),
    create(context) {
      const start = () => {
        refuseOthers(about, allowed, { name: known, env: context.env, agreeTo });
        return launch(context.env, variables, allowed);
      };
      return createDriver({ name: known, launch: start, folders }, about, context);
    },
  };
}

/** Throws `plugin.timeout`, and what a request does. */
const initialize = (program: ProgramOptions, signal: AbortSignal): Promise<Json> =>
  inTime(program.name, "initialize", DESCRIBE_MS, signal, (late) =>
    new JsonProgram(program).request("initialize", { protocol: PROTOCOL }, { signal: late }),
  );

/** Throws `plugin.timeout` where `work` does not come to an end. */
async function inTime<T>(
  name: string,
  method: string,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  try {
    return await work(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } catch (thrown) {
    if (!late.signal.aborted || signal?.aborted) throw thrown;
    throw new MachinistError(
      "plugin.timeout",
      `The program of driver ${name} did not answer ${method} within ${ms / 1000} s`,
      {
        hint: "Run it by itself and look whether it answers lines of JSON-RPC on its stdin",
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

function createDriver(
  { folders, ...options }: ProgramOptions & Pick<JsonDriverOptions, "folders">,
  about: Description,
  context: DriverContext,
): Driver {
  const program = new JsonProgram(options);
  const answers = new Answers(about.name);
  const has = new Set(about.methods);
  const ask = (method: string, params: Data, ms: number, signal?: AbortSignal, onStderr?: (line: string) => void) =>
    inTime(about.name, method, ms, signal, (late) =>
      program.request(method, params, { signal: late, ...(onStderr ? { onStderr } : {}) }),
    );
  const onMachine = (method: string, call: MachineCall, ms: number, more: Data = {}): Promise<Json> => {
    const { machine, states, signal } = call;
    const onStderr = (line: string) => call.log(line, "debug");
    return ask(method, { machine, states: own(states), ...more }, ms, signal, onStderr);
  };
  const power = (action: PowerAction) => async (call: MachineCall) =>
    void (await onMachine("power", call, WORK_MS, { action }));
  return {
    name: about.name,
    resourceTypes: kindsOf(program, answers, about.resourceTypes, folders ? context.machineDir : undefined),
    ...(about.sshKey ? { sshKey: about.sshKey } : {}),
    // What it answered is looked at where drivers' plans are.
    plan: async (machine, given) =>
      (await ask("plan", { machine: { ...machine }, options: given }, DESCRIBE_MS)) as unknown as Resource[],
    endpoint: (machine, states) => found(machine, states, "endpoint", shape.isData) as Endpoint | undefined,
    engineUrl: (machine, states) =>
      found(machine, states, "engineUrl", (url) => typeof url === "string") as string | undefined,
    ...(has.has("check") && {
      check: async (machine, given, signal) =>
        void (await ask("check", { machine: { ...machine }, options: given }, WORK_MS, signal)),
    }),
    ...(has.has("price") && {
      price: async (given: Data, signal: AbortSignal) =>
        answers.price(await ask("price", { options: given }, LOOK_MS, signal)),
    }),
    ...(has.has("status") && { status: async (call) => answers.status(await onMachine("status", call, LOOK_MS)) }),
    ...(has.has("listOwned") && {
      listOwned: async (given: Data, signal: AbortSignal) =>
        answers.objects(await ask("listOwned", { options: given }, LOOK_MS, signal)),
    }),
    ...(about.power && { power: Object.fromEntries(about.power.map((action) => [action, power(action)])) }),
  };
}

/** The states as the driver gave them. */
const own = (states: States): Data =>
  Object.fromEntries(Object.entries(states).map(([id, each]) => [id, (each as SeenState).state ?? each]));

/** What the first resource of a machine that tells it says of how it is reached. */
const found = (machine: string, states: States, what: string, isRight: (value: unknown) => boolean): unknown =>
  Object.entries(states).find(([id, each]) => scopeOf(id) === machine && isRight(each[what]))?.[1][what];
