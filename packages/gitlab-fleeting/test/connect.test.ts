import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DriverModule, Endpoint } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unsaid, until, World } from "./groups.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

/** The simulated driver with an SSH that nobody listens on. */
const reachable = (endpoint: Endpoint): DriverModule => ({
  ...simulated,
  create: (context) => ({ ...simulated.create(context), endpoint: () => endpoint }),
});

const root = { host: "192.0.2.7", port: 2222, user: "root", privateHost: "10.0.0.7" };

test("the runner is told where and as whom to log in, with the machine's own key", async () => {
  const group = world.group([reachable(root)]);
  await group.init(world.config("ci", {}, { lease: "2h" }), { ...unsaid, arch: "arm64", timeout: 5e9, keepalive: 7e9 });
  await group.increase(1);
  const [name] = (await until(group, "running")) as [string];
  const info = await group.connectInfo(name);
  const { key, expires, ...rest } = info;
  expect(rest).toEqual({
    ...{ id: name, os: "linux", arch: "arm64", protocol: "ssh", protocolPort: 2222, username: "root", password: "" },
    ...{ externalAddress: "192.0.2.7", internalAddress: "10.0.0.7", useStaticCredentials: false },
    ...{ timeout: 5e9, keepalive: 7e9 },
  });
  const file = join(world.store, "machines", name, "id_ed25519");
  expect(existsSync(file) && key === readFileSync(file, "utf8")).toBe(true);
  expect(Math.abs((expires ?? 0) - Date.now() - 7_200_000)).toBeLessThan(600_000);
});

test("what connector_config says comes first", async () => {
  const said = { ...unsaid, os: "linux", arch: "amd64", protocol: "ssh", protocolPort: 22, username: "ci" };
  const group = world.group([reachable(root)]);
  await group.init(world.config(), { ...said, key: "their key", useStaticCredentials: true });
  await group.increase(1);
  const [name] = (await until(group, "running")) as [string];
  expect(await group.connectInfo(name)).toMatchObject({ protocolPort: 22, username: "ci", key: "their key" });
});

test("another protocol than SSH, or a machine without it, is refused in a sentence", async () => {
  await expect(world.group().init(world.config(), { ...unsaid, protocol: "winrm" })).rejects.toMatchObject({
    code: "fleeting.protocol",
    hint: expect.stringContaining('protocol = "ssh"'),
  });
  const group = await world.open();
  await group.increase(1);
  const [name] = (await until(group, "running")) as [string];
  await expect(group.connectInfo(name)).rejects.toMatchObject({ code: "fleeting.no-ssh" });
});

test("a lease is renewed for as long as there is a runner", async () => {
  const group = await world.open("ci", {}, { lease: "2s" });
  await group.increase(1);
  const [name] = (await until(group, "running")) as [string];
  const lease = () =>
    JSON.parse(readFileSync(join(world.store, "machines", name, "record.json"), "utf8")).machine.lease.until;
  const first = lease();
  await expect.poll(async () => (await group.update()) && lease()).toBeGreaterThan(first);
});
