import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { composeResourceTypes, planStack } from "../src/index.ts";
import { Hand } from "./calls.ts";
import { type SwarmLab, startSwarm } from "./swarm-lab.ts";

describeUnless(unavailable(), "a stack on a Swarm of three", () => {
  let lab: SwarmLab;
  const hand = new Hand("e2e-1");
  const sh = (name: string, command: string) => lab.sh(name, command);
  const answer = async (name: string, port: number) => (await fetch(`http://${lab.address(name)}:${port}/`)).text();

  beforeAll(async () => {
    lab = await startSwarm(3);
  });
  afterAll(() => lab?.dispose());

  it("deploys a stack over three nodes, changes it, and removes it", async () => {
    await mkdir(join(lab.folder, "stack"));
    await writeFile(join(lab.folder, "stack", "page.html"), "from the stack");
    await writeFile(join(lab.folder, "stack", "stack.env"), "STACK_PORT=8090\n");
    const file = join(lab.folder, "stack", "stack.yaml");
    const text = (replicas: number) => `services:
  web:
    image: busybox
    command: ["httpd", "-f", "-p", "80", "-h", "/www"]
    configs: [{ source: page, target: /www/index.html }]
    ports:
      - target: 80
        published: \${STACK_PORT}
        mode: host
    deploy: { replicas: ${replicas}, endpoint_mode: dnsrr, placement: { max_replicas_per_node: 1 } }
configs:
  page: { file: ./page.html }
`;
    await writeFile(file, `version: "3.8"\n${text(3)}`);
    const kind = composeResourceTypes({ hosts: lab.pool, manager: async () => ["h9", "h1"] })["swarm.stack"]!;
    const planned = () =>
      planStack(
        { name: "site", files: [file], envFiles: [join(lab.folder, "stack", "stack.env")], steadyMs: 2_500 },
        lab.fleet,
      );
    const resource = await planned();
    expect(resource).toMatchObject({
      id: "@demo/stack:site",
      parents: ["@demo/swarm"],
      after: ["h1/swarm", "h2/swarm", "h3/swarm"],
    });
    expect(await hand.read(kind, resource)).toBeUndefined();
    const made = await hand.create(kind, resource);
    expect(made).toMatchObject({ services: [{ name: "web", running: 3, wanted: 3 }] });
    for (const name of ["h1", "h2", "h3"]) expect(await answer(name, 8090)).toBe("from the stack");
    const seen = await hand.read(kind, resource);
    expect(kind.drift?.(seen!, resource.props)).toEqual([]);

    const other = { ...hand.call(resource), owner: "someone-else" };
    await expect(kind.create(other)).rejects.toMatchObject({ code: "stack.foreign" });

    await writeFile(file, `version: "3.8"\n${text(2)}`);
    const smaller = await planned();
    expect(kind.drift?.(seen!, smaller.props)).toEqual(["digest"]);
    expect(await hand.update(kind, smaller, ["digest"])).toMatchObject({ services: [{ wanted: 2 }] });

    await hand.delete(kind, smaller);
    expect(await hand.read(kind, smaller)).toBeUndefined();
    expect(
      await sh(
        "h1",
        "docker service ls -q; docker config ls -q; docker network ls -q --filter label=com.docker.stack.namespace",
      ),
    ).toBe("");
  });
});
