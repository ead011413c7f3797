import { renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keep } from "./kept-machines.ts";
import { Scene } from "./scene.ts";

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const silent = { driver: "none", kept: { URL: "tcp://127.0.0.1:1" } };
const member = (Master: boolean) => ({ ...silent, swarm: { IsSwarm: true, Master, Discovery: "token://1" } });
const listed = async (...filters: string[]) => {
  const given = filters.flatMap((filter) => ["--filter", filter]);
  const said = await scene.run(["ls", "--format", "{{.Name}} {{.Swarm}}", ...given]);
  expect(said).toMatchObject({ code: 0, stderr: "" });
  return said.stdout.split("\n").slice(0, -1);
};

test("of several masters of one Swarm the last stands for it, unless it is filtered out", async () => {
  keep(scene, "a1", member(true));
  keep(scene, "a2", member(true));
  keep(scene, "a3", member(false));
  expect(await listed()).toEqual(["a1 a2 (master)", "a2 a2 (master)", "a3 a2"]);
  expect(await listed("name=[13]")).toEqual(["a1 a1 (master)", "a3 a1"]);
  expect(await listed("name=3")).toEqual(["a3 "]);
  expect(await listed("swarm=A2")).toHaveLength(3);
  expect(await listed("swarm=a1")).toEqual([]);
});

test("a machine whose folder was renamed is listed by that name, and found by the one that its driver kept", async () => {
  const folder = keep(scene, "old", silent);
  renameSync(folder, join(scene.store, "machines", "new"));
  expect(await listed()).toEqual(["new "]);
  expect(await listed("name=old")).toEqual(["new "]);
  expect(await listed("name=new")).toEqual([]);
});

test("labels are told apart by name to the letter, and by value in any case", async () => {
  keep(scene, "one", { ...silent, labels: ["com.example.tier=Front", "env=a=b"] });
  keep(scene, "two", { ...silent, labels: ["com.example.tier=back"] });
  keep(scene, "bare", { ...silent, labels: ["tier"] });
  expect(await listed("label=com.example.tier=FRONT")).toEqual(["one "]);
  expect(await listed("LABEL=com.example.tier=back", "label=env=a=b")).toEqual(["one ", "two "]);
  expect(await listed("label=com.EXAMPLE.tier=front")).toEqual([]);
  expect(await listed("label=env=a")).toEqual([]);
});
