import type { Driver, DriverContext, DriverModule, MachineCall } from "@machinist/core";
import { type BoxState, boxKind } from "./box-kind.ts";
import { Client } from "./client.ts";

const shelf: DriverModule = {
  name: "shelf",
  description: "Boxes on a shelf of an imaginary provider",
  options: {
    type: "object",
    additionalProperties: false,
    properties: {
      size: {
        type: "string",
        description: "How large a box is",
        default: "small",
        "x-env": "SHELF_SIZE",
        "x-group": "Box",
      },
      image: { type: "string", description: "What is in it at first", default: "debian-13", "x-group": "Box" },
    },
  },
  credentials: { "access-token": { description: "Token of the shelf's API", env: "SHELF_ACCESS_TOKEN" } },
  create: createDriver,
};
export default shelf;

const boxOf = (machine: string, states: MachineCall["states"]) => states[`${machine}/box`] as BoxState | undefined;

function createDriver({ env, clock }: DriverContext): Driver {
  const client = new Client({
    url: env.SHELF_URL ?? "https://shelf.example",
    token: env.SHELF_ACCESS_TOKEN,
    ...(clock ? { clock } : {}),
  });
  const power = (status: "on" | "off") => async (call: MachineCall) => {
    const box = boxOf(call.machine, call.states);
    if (box) await client.change(box.id, { status });
  };
  return {
    name: "shelf",
    resourceTypes: { "shelf.box": boxKind(client) },
    async check() {
      await client.list(); // the token, before anything is made
    },
    plan: ({ name }, { size, image }) => [
      { id: `${name}/box`, kind: "shelf.box", props: { name, size: String(size), image: String(image) }, parents: [] },
    ],
    endpoint(machine, states) {
      const box = boxOf(machine, states);
      return box?.address ? { host: box.address, port: 22, user: "root" } : undefined;
    },
    async status({ machine, states }) {
      const box = (await client.list()).find(({ id }) => id === boxOf(machine, states)?.id);
      if (!box) return "missing";
      return box.status === "on" ? "running" : box.status === "off" ? "stopped" : "starting";
    },
    listOwned: async () =>
      (await client.list())
        .filter(({ mark }) => /^m[a-z2-7]{14}-/.test(mark))
        .map(({ id, name, size, mark, fleet, status, address }) => ({
          kind: "shelf.box",
          owner: mark,
          fleet,
          label: `${id} (${name})`,
          state: { id, size, status, address },
        })),
    power: { start: power("on"), stop: power("off"), kill: power("off"), restart: power("on") },
  };
}
