import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data, ResourceType } from "@machinist/core";
import { testResourceType } from "@machinist/testkit/suites";
import { afterAll } from "vitest";
import { contextResourceTypes, planContext, readContext, writeContext } from "../src/index.ts";
import { treeOf } from "./context-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "machinist-context-suite-"));
const config = join(folder, "docker");
mkdirSync(join(folder, "pems"));
for (const pem of ["ca", "cert", "key"]) writeFileSync(join(folder, "pems", `${pem}.pem`), `${pem} of all`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for the engine on a machine: all that a context wants of it is where it answers. */
const engine: ResourceType = {
  retainOnDelete: true,
  read: async ({ state }) => state as Data | undefined,
  create: async () => ({ url: "tcp://192.0.2.7:2376" }),
  delete: async () => {},
};
const plan = (description: string) => (machine: string) => [
  { id: `${machine}/engine`, kind: "suite.engine", props: {}, parents: [] },
  planContext({ machine, description }),
];

testResourceType({
  name: "docker.context",
  resourceTypes: {
    "suite.engine": engine,
    ...contextResourceTypes({
      env: { DOCKER_CONFIG: config },
      store: folder,
      certificates: () => join(folder, "pems"),
    }),
  },
  plan: plan("first"),
  changed: plan("second"),
  leftovers: async () => (await treeOf(join(config, "contexts"))).filter((line) => line.includes(" f ")),
  damage: async (machine) => {
    const context = await readContext(config, machine);
    if (!context) throw new Error("there is no context to damage");
    await writeContext(config, { ...context, url: "tcp://198.51.100.1:1" });
  },
});
