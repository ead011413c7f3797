import type { Clock, FleetSpec, Resource } from "@machinist/core";
import { Hand } from "./calls.ts";

export const hand = new Hand("own-1");
export const fleet: FleetSpec = { name: "demo", machines: [], compose: [], stacks: [], contexts: false };
export const stack: Resource = {
  id: "@demo/stack:site",
  kind: "swarm.stack",
  props: { name: "site", files: [], envFiles: [], profiles: [], services: ["web"], digest: "d1" },
  parents: ["@demo/swarm"],
};

export interface Seen {
  readonly mark?: string;
  readonly replicas?: string;
  readonly spec?: object;
  readonly update?: { readonly State: string; readonly Message?: string };
  /** Slot, state, error; the newest first, as docker lists them. */
  readonly tasks?: readonly (readonly [slot: string, state: string, error?: string, desired?: string])[];
}

export const SPEC = { TaskTemplate: { ContainerSpec: { Image: "x" } }, Mode: { Replicated: { Replicas: 1 } } };

/** What `READ_STACK` prints of one service. */
export const printed = ({
  mark,
  replicas = "1/1",
  spec = SPEC,
  update,
  tasks = [["web.1", "Running"]],
}: Seen): string =>
  [
    ...["true", "N\t1000", `C\tmark\town-1\t${mark ?? ""}`, "V\tmark\t10", `S\tsite_web\t${replicas}\ts1`],
    `I\tsite_web\t${JSON.stringify({ Spec: spec, UpdateStatus: update ?? null })}`,
    ...tasks.map(
      ([slot, state, error = "", desired = "Running"], index) =>
        `T\tt${tasks.length - index}\tsite_${slot}\t${desired}\t${state} 1 second ago\t${error && `"${error}"`}`,
    ),
    "",
  ].join("\n");

/** Time passes only while somebody sleeps. */
export function virtualClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
}
