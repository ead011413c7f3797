import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withUnchecked } from "../src/plans/unchecked.ts";
import { fleet, machine, world } from "./world.ts";

const NOTE =
  "Not checked before there is a machine: whether images can be pulled, and external networks and volumes are there";

test("a plan says once what is not known of projects and stacks before there is a machine, and nothing of it afterwards", async () => {
  const { machinist, path } = await world();
  await machinist.up(fleet([machine("a-1")])).result;
  const file = join(path, "compose.yaml");
  await writeFile(file, "services: { db: { image: x } }\n");
  const on = (name: string) => ({ ...machine(name), engine: {}, swarm: { role: "manager" as const } });
  const project = (name: string, of: string) => ({ name, machine: of, files: [file] });
  const both = {
    ...fleet([on("b-1"), on("b-2")]),
    compose: [project("db", "b-1"), project("db", "b-2"), project("web", "b-1")],
    stacks: [{ name: "site", files: [file] }],
  };
  const notesIn = async (spec: typeof both) =>
    (await machinist.plan(spec)).changes.flatMap(({ id, notes = [] }) => notes.map((note) => [id, note]));
  expect(await notesIn(both)).toEqual([["b-1/compose:db", NOTE]]);
  expect(await notesIn({ ...both, compose: [] })).toEqual([["@demo/stack:site", NOTE]]);
  expect(await notesIn({ ...both, compose: [], stacks: [] })).toEqual([]);
});

test("where the machine is there nothing is noted", () => {
  const change = { kind: "k", props: [], drift: false };
  const engine = (action: "none" | "update" | "replace") => ({ ...change, id: "a/engine", action });
  const project = { ...change, id: "a/compose:db", kind: "compose.project", needs: ["a/engine"] };
  for (const action of ["none", "update", "replace"] as const) {
    const changes = [engine(action), { ...project, action: "create" as const }];
    expect(withUnchecked(changes)).toEqual(changes);
  }
  const changed = [
    { ...engine("none"), action: "create" as const },
    { ...project, action: "update" as const },
  ];
  expect(withUnchecked(changed)).toEqual(changed);
});
