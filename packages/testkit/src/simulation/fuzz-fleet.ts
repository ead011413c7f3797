import type { Resource } from "@machinist/core";
import type { FakeKind } from "./fake-cloud.ts";

/** The kinds of a small cloud: shared and own objects, some that live in others, some that cannot be changed. */
export const sorts: Readonly<Record<string, FakeKind>> = {
  group: { updatable: true, guarded: true },
  key: { token: true },
  vm: { token: true, bootMs: 3000, dyingMs: 2000, updatable: true, immutable: ["image"] },
  droplet: { bootMs: 2000 },
  engine: { updatable: true, contained: true, dies: "any", interrupts: ["version"] },
  cluster: { contained: true, dies: "all", spreads: true },
  member: { updatable: true, contained: true, dies: "all", drainable: true },
  context: {},
};

export interface Shape {
  machines: number;
  version: number;
  image: string;
  label: number;
  /** How many members may be out of service at once. */
  limit: number;
}

const MANAGERS = ["a0", "a1", "a2"];

const managers = ({ machines }: Shape): string[] => MANAGERS.slice(0, machines).map((name) => `${name}/engine`);

/** The resources of a fleet of that shape. */
export function fleet(shape: Shape): Resource[] {
  const group: Resource = { id: "@f/group", kind: "group", props: { label: shape.label }, parents: [] };
  const cluster: Resource = { id: "@f/swarm", kind: "cluster", props: {}, parents: [], after: managers(shape) };
  const own = (name: string): Resource[] => [
    { id: `${name}/context`, kind: "context", props: { version: shape.version }, parents: [`${name}/engine`] },
    {
      id: `${name}/swarm`,
      kind: "member",
      props: { label: shape.label, machine: name, carries: MANAGERS.includes(name) },
      parents: [`${name}/engine`, "@f/swarm"],
      rolling: [{ name: "@f/swarm", limit: shape.limit }],
    },
    { id: `${name}/engine`, kind: "engine", props: { version: shape.version }, parents: [`${name}/vm`] },
    {
      id: `${name}/vm`,
      kind: "vm",
      props: { image: shape.image, label: shape.label },
      parents: [`${name}/key`, "@f/group"],
    },
    { id: `${name}/key`, kind: "key", props: {}, parents: [] },
    { id: `${name}/extra`, kind: "droplet", props: { image: shape.image }, parents: [`${name}/vm`] },
  ];
  const machines = Array.from({ length: shape.machines }, (_, index) => own(`a${index}`)).flat();
  return shape.machines === 0 ? [] : [...machines, group, cluster];
}
