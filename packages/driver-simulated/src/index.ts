import { join } from "node:path";
import {
  type Call,
  type Data,
  type Driver,
  type DriverContext,
  type DriverModule,
  type MachineCall,
  MachinistError,
  type OptionsSchema,
  type Price,
  type Resource,
  type ResourceType,
  type Snapshots,
  systemClock,
} from "@machinist/core";
import { ObjectFolder, type SimulatedFaults, type SimulatedObject } from "./files.ts";

export type { SimulatedFaults } from "./files.ts";

const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    "boot-ms": { type: "integer", description: "How long a machine boots, in ms", default: 200, minimum: 0 },
    size: { type: "string", description: "Size; can be changed in place", default: "small" },
    image: { type: "string", description: "Image; a change makes the machine again", default: "plain" },
    network: { type: "boolean", description: "Put it in a network that its fleet shares", default: false },
    fail: { type: "boolean", description: "Refuse to make the machine", default: false },
  },
};

type Props = { bootMs: number; size: string; image: string; fail: boolean };
type State = { id: string; size: string; power: string; up: boolean };

/** An id that is not there hides nothing; only a look by mark may come too early. */
const consistencyWindowMs = 3000;
/** Looks at many are gathered into one call: none of them waits for another's end. */
const concurrency = 1000;

interface Provider {
  readonly folder: ObjectFolder;
  readonly now: () => number;
}

const find = async ({ folder }: Provider, { owner, signal }: Pick<Call, "owner" | "signal">, id: string | undefined) =>
  id === undefined ? (await folder.list()).find((each) => each.owner === owner) : folder.get(id, signal);

const born = (kind: string, { now }: Provider, { owner, fleet, props }: Call): SimulatedObject => ({
  id: owner,
  owner,
  fleet,
  kind,
  born: now(),
  props,
  power: "running",
});

function machineKind(provider: Provider): ResourceType<Props, State> {
  const { folder, now } = provider;
  const state = (object: SimulatedObject): State => ({
    id: object.id,
    size: String(object.props.size),
    power: object.power,
    up: now() >= object.born + Number(object.props.bootMs),
  });
  return {
    pollIntervalMs: 50,
    consistencyWindowMs,
    concurrency,
    endpointProps: [],
    requiresReplace: ["image"],
    async read(call) {
      const object = await find(provider, call, call.state?.id);
      return object && state(object);
    },
    async create(call) {
      if (call.props.fail)
        throw new MachinistError("simulated.refused", "The simulated provider refused to make the machine");
      const object = born("simulated.machine", provider, call);
      await folder.put(object);
      return state(object);
    },
    async update({ props, state: known, signal }) {
      const object = await folder.get(known.id, signal);
      if (!object) throw new MachinistError("simulated.gone", "The simulated machine is gone");
      const changed = { ...object, props };
      await folder.put(changed, "ChangeObject");
      return state(changed);
    },
    delete: ({ state: known }) => folder.remove(known.id),
    ready: ({ up }) => up || "it to boot",
    drift: ({ size }, props) => (size === props.size ? [] : ["size"]),
  };
}

function networkKind(provider: Provider): ResourceType<Data, { id: string }> {
  return {
    consistencyWindowMs,
    pollIntervalMs: 50,
    concurrency,
    endpointProps: [],
    async read(call) {
      const object = await find(provider, call, call.state?.id);
      return object && { id: object.id };
    },
    async create(call) {
      await provider.folder.put(born("simulated.network", provider, call));
      return { id: call.owner };
    },
    delete: ({ state: known }) => provider.folder.remove(known.id),
  };
}

function createDriver(context: DriverContext, faults: () => SimulatedFaults | undefined): Driver {
  const { clock = systemClock } = context;
  const folder = new ObjectFolder(join(context.cacheDir, "simulated"), clock, faults);
  const provider = { folder, now: () => clock.now() };
  const objectOf = async ({ machine, states, signal }: MachineCall) =>
    folder.get(String(states[`${machine}/instance`]?.id), signal);
  const setPower = (power: SimulatedObject["power"]) => async (call: MachineCall) => {
    const object = await objectOf(call);
    if (!object) throw new MachinistError("simulated.gone", `${call.machine} is gone`);
    await folder.put({ ...object, power }, "ChangeObject");
  };
  return {
    name: "simulated",
    resourceTypes: { "simulated.machine": machineKind(provider), "simulated.network": networkKind(provider) },
    plan: ({ name, fleet }, given) => planMachine(name, fleet, given),
    price: async ({ size }) => priceOf(String(size ?? "small"), clock.now()),
    status: async (call) => (await objectOf(call))?.power ?? "missing",
    listOwned: async () =>
      (await folder.list())
        .filter(({ owner }) => /^m[a-z2-7]{14}-/.test(owner))
        .sort((a, b) => (a.kind < b.kind ? -1 : 1))
        .map(({ id, owner, fleet, kind, born: createdAt }) => ({
          kind,
          owner,
          fleet,
          label: id,
          state: { id },
          createdAt,
        })),
    power: {
      start: setPower("running"),
      stop: setPower("stopped"),
      kill: setPower("stopped"),
      restart: setPower("running"),
    },
    snapshots: snapshotsIn(provider, objectOf),
  };
}

/** Kept in the machine's own file: its options as they were. */
function snapshotsIn(
  { folder, now }: Provider,
  objectOf: (call: MachineCall) => Promise<SimulatedObject | undefined>,
): Snapshots {
  const change =
    (work: (object: SimulatedObject, name: string) => SimulatedObject, off: boolean) =>
    async (call: MachineCall, name: string) => {
      const object = await objectOf(call);
      if (!object) throw new MachinistError("simulated.gone", `${call.machine} is gone`);
      if (off && object.power === "running")
        throw new MachinistError("simulated.running", `${call.machine} runs: its disk is in use`);
      await folder.put(work(object, name), "ChangeObject");
    };
  const others = ({ snapshots = [] }: SimulatedObject, name: string) => snapshots.filter((each) => each.name !== name);
  const named = ({ snapshots = [] }: SimulatedObject, name: string) => snapshots.find((each) => each.name === name);
  return {
    list: async (call) => (await objectOf(call))?.snapshots?.map(({ name, takenAt }) => ({ name, takenAt })) ?? [],
    take: change((object, name) => {
      const taken = { name, takenAt: now(), props: object.props };
      return { ...object, snapshots: [...others(object, name), taken] };
    }, true),
    restore: change((object, name) => ({ ...object, props: named(object, name)?.props ?? object.props }), true),
    remove: change((object, name) => ({ ...object, snapshots: others(object, name) }), false),
  };
}

/** In play money. Of other sizes the provider does not tell. */
function priceOf(size: string, now: number): Price | undefined {
  const hourly = { small: 0.01, big: 0.04 }[size];
  return hourly === undefined
    ? undefined
    : { hourly, currency: "XTS", source: "made up", asOf: new Date(now).toISOString() };
}

function planMachine(name: string, fleet: string, given: Data): Resource[] {
  const network: Resource = { id: `@${fleet}/network`, kind: "simulated.network", props: {}, parents: [] };
  const props = {
    bootMs: given["boot-ms"] ?? 200,
    size: given.size ?? "small",
    image: given.image ?? "plain",
    fail: given.fail ?? false,
  };
  const parents = given.network ? [network.id] : [];
  const machine: Resource = { id: `${name}/instance`, kind: "simulated.machine", props, parents };
  return given.network ? [network, machine] : [machine];
}

/** The same driver at a provider whose behaviour a test chooses. */
export const simulatedUnder = (faults: () => SimulatedFaults | undefined): DriverModule => ({
  name: "simulated",
  description: "Machines that are files, for tests and measurements",
  options,
  create: (context) => createDriver(context, faults),
});

/** Machines that are files: for tests and measurements. They have neither SSH nor Docker (`engine: false`). */
const simulated: DriverModule = simulatedUnder(() => undefined);
export default simulated;
