import { join } from "node:path";
import {
  type Data,
  type Driver,
  type DriverContext,
  type DriverModule,
  type Kind,
  type MachineCall,
  MachinistError,
  type OptionsSchema,
  type Resource,
} from "@machinist/core";
import { ObjectFolder, type SimulatedObject } from "./files.ts";

const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    "boot-ms": { type: "integer", description: "How long a machine boots, in ms", default: 200, minimum: 0 },
    size: { type: "string", description: "Size; can be changed in place", default: "small" },
    image: { type: "string", description: "Image; a change makes the machine anew", default: "plain" },
    network: { type: "boolean", description: "Put it in a network that its fleet shares", default: false },
    fail: { type: "boolean", description: "Refuse to make the machine", default: false },
  },
};

type Props = { bootMs: number; size: string; image: string; fail: boolean };
type State = { id: string; size: string; power: string; up: boolean };

function machineKind(folder: ObjectFolder): Kind<Props, State> {
  const state = (object: SimulatedObject): State => ({
    id: object.id,
    size: String(object.props.size),
    power: object.power,
    up: Date.now() >= object.born + Number(object.props.bootMs),
  });
  return {
    pollMs: 50,
    immutable: ["image"],
    async read({ state: known, owner }) {
      const object = known ? await folder.get(known.id) : await folder.find((each) => each.owner === owner);
      return object && state(object);
    },
    async create({ props, owner }) {
      if (props.fail)
        throw new MachinistError("simulated.refused", "The simulated provider refused to make the machine");
      const object = { id: owner, owner, born: Date.now(), props, power: "running" as const };
      await folder.put(object);
      return state(object);
    },
    async update({ props, state: known }) {
      const object = await folder.get(known.id);
      if (!object) throw new MachinistError("simulated.gone", "The simulated machine is gone");
      const changed = { ...object, props };
      await folder.put(changed);
      return state(changed);
    },
    delete: ({ state: known }) => folder.remove(known.id),
    ready: ({ up }) => up || "for it to boot",
    drift: ({ size }, props) => (size === props.size ? [] : ["size"]),
  };
}

function networkKind(folder: ObjectFolder): Kind<Data, { id: string }> {
  const state = ({ id }: SimulatedObject) => ({ id });
  return {
    async read({ state: known, owner }) {
      const object = known ? await folder.get(known.id) : await folder.find((each) => each.owner === owner);
      return object && state(object);
    },
    async create({ owner }) {
      const object = { id: owner, owner, born: Date.now(), props: {}, power: "running" as const };
      await folder.put(object);
      return state(object);
    },
    delete: ({ state: known }) => folder.remove(known.id),
  };
}

function createDriver(context: DriverContext): Driver {
  const folder = new ObjectFolder(join(context.cacheDir, "simulated"));
  const objectOf = async ({ machine, states }: MachineCall) => folder.get(String(states[`${machine}/instance`]?.id));
  const setPower = (power: SimulatedObject["power"]) => async (call: MachineCall) => {
    const object = await objectOf(call);
    if (!object) throw new MachinistError("simulated.gone", `${call.machine} is gone`);
    await folder.put({ ...object, power });
  };
  return {
    name: "simulated",
    kinds: { "simulated.machine": machineKind(folder), "simulated.network": networkKind(folder) },
    plan: ({ name, fleet }, given) => {
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
    },
    status: async (call) => (await objectOf(call))?.power ?? "missing",
    power: {
      start: setPower("running"),
      stop: setPower("stopped"),
      kill: setPower("stopped"),
      restart: setPower("running"),
    },
  };
}

/** Machines that are files: for tests and measurements. They have neither SSH nor Docker (`engine: false`). */
const simulated: DriverModule = {
  name: "simulated",
  description: "Machines that are files, for tests and measurements",
  options,
  create: createDriver,
};
export default simulated;
