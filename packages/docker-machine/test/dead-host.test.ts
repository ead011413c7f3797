import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;
let server: Server;
const clients: Socket[] = [];
beforeEach(async () => {
  scene = new Scene();
  server = createServer((client) => void clients.push(client));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await new Promise((resolve) => server.close(resolve));
  await scene.close();
});

const portOf = (it: Server) => (it.address() as { readonly port: number }).port;

/** A generic machine as docker-machine keeps it, of a host whose SSH is at a port of this computer. */
function kept(name: string, port: number): void {
  const folder = join(scene.store, "machines", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const Driver = { MachineName: name, StorePath: scene.store, IPAddress: "127.0.0.1", SSHUser: "root", SSHPort: port };
  const HostOptions = { EngineOptions: {}, SwarmOptions: {}, AuthOptions: { StorePath: folder } };
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ConfigVersion: 3, Driver, DriverName: "generic", HostOptions, Name: name }),
  );
}

const stays = "does not answer: Docker's settings, certificates and containers stay there as they are";

test.each([["-y"], ["-f"]])(
  "rm %s of a host that is gone, or that says nothing, forgets it",
  async (how) => {
    kept("silent", portOf(server));
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    kept("gone", portOf(closed));
    await new Promise((resolve) => closed.close(resolve));
    const said = await scene.run(["rm", how, "gone", "silent"]);
    expect(said).toMatchObject({ code: 0, stderr: "" });
    for (const name of ["gone", "silent"]) {
      expect(said.stdout).toContain(`(${name}) ${name} at 127.0.0.1 ${stays}\n`);
      expect(said.stdout).toContain(`Successfully removed ${name}\n`);
      expect(existsSync(join(scene.store, "machines", name))).toBe(false);
    }
  },
  30_000,
);

test("a library is told beforehand whose host does not answer, and forgets it where it says so", async () => {
  kept("silent", portOf(server));
  await using machinist = await openMachinist({ storagePath: scene.store, env: {} });
  expect(await machinist.unreachable(["silent"])).toEqual(["silent"]);
  const { ok, machines } = await machinist.remove(["silent"], { leaveUnreachable: true }).result;
  expect([ok, machines[0]?.result]).toEqual([true, "removed"]);
}, 30_000);
