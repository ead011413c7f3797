import type { ComposeSpec, FleetSpec, Resource } from "@machinist/core";
import { expect, test } from "vitest";
import { inOrder } from "../src/project-order.ts";
import { fleet, machine } from "./world.ts";

const project = (name: string, on: string): Resource => ({
  id: `${on}/compose:${name}`,
  kind: "compose.project",
  props: {},
  parents: [`${on}/engine`],
});

test("projects are up before the Swarm, after it, and after each other, as they say", () => {
  const compose: ComposeSpec[] = [
    { name: "consul", machine: "m-1", files: [] },
    { name: "tune", machine: "w-1", files: [], after: ["consul"] },
    { name: "late", machine: "w-1", files: [], after: ["tune"], afterSwarm: true },
  ];
  const spec: FleetSpec = { ...fleet([machine("m-1"), machine("w-1")]), compose };
  const projects = compose.map(({ name, machine: on }) => project(name, on));
  const all: Resource[] = [
    { id: "@demo/swarm", kind: "swarm.cluster", props: { managers: ["m-1"] }, parents: [], after: ["m-1/engine"] },
    ...["m-1", "w-1"].map((name) => ({
      id: `${name}/swarm`,
      kind: "swarm.member",
      props: {},
      parents: [`${name}/engine`],
    })),
  ];
  const ordered = inOrder(spec, projects, all);
  expect(Object.fromEntries([...all, ...ordered].map(({ id, after = [] }) => [id, after]))).toEqual({
    "@demo/swarm": ["m-1/engine", "m-1/compose:consul"],
    "m-1/swarm": ["m-1/compose:consul"],
    "w-1/swarm": ["w-1/compose:tune"],
    "m-1/compose:consul": [],
    "w-1/compose:tune": ["m-1/compose:consul"],
    "w-1/compose:late": ["w-1/compose:tune", "m-1/swarm", "w-1/swarm"],
  });
});
