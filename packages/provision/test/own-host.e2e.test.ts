import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { World } from "./lab-world.ts";

describeUnless(unavailable(), "a host that is somebody's own, let go", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(2, "docker");
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test("its containers run on, and it is said what stays", async () => {
    const before = await world.container("m1", "prod");
    const { state, call } = await world.create("m1", { dns: ["192.0.2.53"] });
    expect(await world.life("m1", "prod")).toBe(before);
    await world.kind.delete({ ...call, state });
    expect(await world.life("m1", "prod")).toBe(before);
    await expect(world.info("m1", state.url)).rejects.toThrow(/ECONNREFUSED/);
    expect(await world.sh("m1", "docker info -f '{{.LiveRestoreEnabled}}'")).toBe("false");
    expect(await world.sh("m1", "ls -A /etc/docker /etc/systemd/system/docker.service.d")).not.toMatch(/machinist|pem/);
    expect(call.logs).toContainEqual(expect.stringMatching(/^info: Docker stays on m1.*containers/));
  });

  test("containers in a data root that machinist chose stay in sight", async () => {
    const { state, call } = await world.create("m2", { options: { "data-root": "/srv/docker" } });
    const before = await world.container("m2", "prod");
    await world.kind.delete({ ...call, state });
    expect(await world.life("m2", "prod")).toBe(before);
    expect(JSON.parse(await world.sh("m2", "cat /etc/docker/daemon.json"))).toEqual({ "data-root": "/srv/docker" });
    expect(call.logs).toContainEqual(expect.stringContaining("data-root"));
  });

  test("a node of somebody's Swarm: its tasks run on, and its port stays open until Docker restarts", async () => {
    const { state, call } = await world.create("m1");
    await world.sh("m1", "docker swarm init");
    const before = await world.life("m1", "prod");
    await world.kind.delete({ ...call, state });
    expect(await world.life("m1", "prod")).toBe(before);
    expect(call.logs).toContainEqual(expect.stringMatching(/^warn: .*port 2376.*until/));
    expect(await world.sh("m1", "ls -A /etc/docker /etc/systemd/system/docker.service.d")).not.toMatch(/machinist|pem/);
  });
});
