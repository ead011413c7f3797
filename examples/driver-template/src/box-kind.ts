import { MachinistError, type ResourceType } from "@machinist/core";
import type { Box, Client } from "./client.ts";

export type BoxProps = { name: string; size: string; image: string };
export type BoxState = { id: string; size: string; status: string; address: string };

const stateOf = ({ id, size, status, address }: Box): BoxState => ({ id, size, status, address });

export const boxKind = (client: Client): ResourceType<BoxProps, BoxState> => ({
  // By its id once we know it, else by the mark that went into the request. An empty list is an answer; no answer is an error.
  async read({ state, owner }) {
    const box = (await client.list()).find(({ id, mark }) => (state ? id === state.id : mark === owner));
    return box && stateOf(box);
  },
  // It asks, and returns: the reconciler waits for `ready`, looking again with `read`.
  create: async ({ props, owner, fleet }) =>
    stateOf(await client.create({ name: props.name, size: props.size, mark: owner, fleet })),
  async update({ state, props }) {
    const box = await client.change(state.id, { size: props.size });
    if (!box)
      throw new MachinistError("shelf.gone", `The box ${state.id} is gone`, { hint: "Run the same command again" });
    return stateOf(box);
  },
  // Already gone is success.
  delete: ({ state }) => client.remove(state.id),
  ready: ({ status }) => status !== "building" || "for it to be built",
  // What the real thing is, where it is not what was declared.
  drift: (state, props) => (state.size === props.size ? [] : ["size"]),
  requiresReplace: ["name", "image"],
  // The provider's lists may lag so much behind.
  consistencyWindowMs: 3000,
  pollIntervalMs: 1000,
});
