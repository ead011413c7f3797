import { afterAll, beforeAll, expect, test } from "vitest";
import { Scene } from "../../packages/docker-machine/test/scene.ts";
import { makeShelf, type Shelf } from "../../packages/driver-plugin/test/shelf.ts";
import { shelve } from "./shelved.ts";

let scene: Scene;
let shelf: Shelf;
let env: Record<string, string>;
beforeAll(async () => {
  scene = new Scene();
  shelf = await makeShelf("TypeScript");
  env = { PATH: `${shelf.bin}:${process.env.PATH}`, SHELF_TOKEN: "sesame" };
  const swarm = { IsSwarm: true, Discovery: "token://1" };
  shelve(scene, shelf, "node", { state: "running", address: "127.0.0.1", swarm });
  shelve(scene, shelf, "chief", { state: "running", address: "127.0.0.2", swarm: { ...swarm, Master: true } });
  shelve(scene, shelf, "off", { state: "stopped", address: "127.0.0.3", swarm: { ...swarm, Master: true } });
});
afterAll(async () => {
  await scene.close();
  await shelf.remove();
});

const format = ["--format", "{{.Name}} {{.Active}} {{.ActiveHost}} {{.ActiveSwarm}}"];

test.each<[dockerHost: string, active?: string]>([
  [""],
  ["tcp://127.0.0.9:2376"],
  ["tcp://127.0.0.1:2376", "node * true false"],
  // A worker's Swarm answers nobody, nor does any of a machine that is off.
  ["tcp://127.0.0.1:3376"],
  ["tcp://127.0.0.3:2376"],
  ["tcp://127.0.0.3:3376"],
  ["tcp://127.0.0.2:2376", "chief * true false"],
  ["tcp://127.0.0.2:3376", "chief * (swarm) false true"],
])("with DOCKER_HOST %j the active machine is %s", async (dockerHost, active) => {
  const given = { ...env, DOCKER_HOST: dockerHost };
  const { stdout } = await scene.run(["ls", ...format], given);
  const idle = ["chief", "node", "off"].map((name) => `${name} - false false`);
  expect(stdout.split("\n").slice(0, -1)).toEqual(
    idle.map((line) => (active?.split(" ")[0] === line.split(" ")[0] ? active : line)),
  );
  const said = await scene.run(["active"], given);
  if (active === undefined) expect(said).toEqual({ code: 1, stdout: "", stderr: "No active host found\n" });
  else expect(said).toEqual({ code: 0, stdout: `${active.split(" ")[0]}\n`, stderr: "" });
});
