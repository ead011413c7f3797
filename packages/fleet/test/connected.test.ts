import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverModule } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { expect, onTestFinished, test } from "vitest";
import { openMachinist } from "../src/index.ts";

/** A port that takes connections and says nothing, as a forward to a machine that is off does. */
async function silence(): Promise<{ readonly port: number; readonly server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, server };
}

/** Simulated machines that are reached at a port of this computer. */
const at = (port: number, startable = true, onStatus = () => {}): DriverModule => ({
  ...simulated,
  create: (context) => {
    const { power, ...driver } = simulated.create(context) as ReturnType<typeof simulated.create> & object;
    return {
      ...driver,
      ...(startable && power ? { power } : {}),
      status: async (call) => {
        onStatus();
        return driver.status!(call);
      },
      endpoint: () => ({ host: "127.0.0.1", port, user: "root" }),
    } as ReturnType<DriverModule["create"]>;
  },
});

async function open(driver: DriverModule) {
  const path = await mkdtemp(join(tmpdir(), "machinist-connected-"));
  const machinist = await openMachinist({ storagePath: path, env: { HOME: path }, drivers: [driver] });
  onTestFinished(async () => {
    await machinist[Symbol.asyncDispose]();
    await rm(path, { recursive: true, force: true });
  });
  await machinist.create([{ name: "web", driver: "simulated", engine: false, options: { "boot-ms": 1 } }]).result;
  return machinist;
}

test("a machine that is off is not waited for, and how to start it is said", async () => {
  const machinist = await open(at((await silence()).port));
  await machinist.power("stop", ["web"]).result;
  await expect(machinist.host("web")).rejects.toMatchObject({
    code: "machine.off",
    message: "web is stopped: nothing answers there",
    hint: "Start it: machinist start web",
  });
});

test.each([
  ["one that runs", true, "start"],
  ["a host that its driver cannot start, whatever it guesses", false, "stop"],
] as const)("%s is waited for, until the caller gives up", async (_, startable, action) => {
  const { port, server } = await silence();
  let asked = () => {};
  const met = new Promise<void>((resolve) => {
    if (startable) asked = resolve;
    else server.once("connection", () => resolve());
  });
  const machinist = await open(at(port, startable, () => asked()));
  if (startable) await machinist.power(action, ["web"]).result;
  const stop = new AbortController();
  const connecting = machinist.host("web", { signal: stop.signal });
  await met;
  stop.abort();
  await expect(connecting).rejects.toMatchObject({ code: "cancelled" });
});

test("what is wrong with the way there is said as before", async () => {
  const machinist = await open(simulated);
  await expect(machinist.host("web")).rejects.toMatchObject({ code: "machine.no-ssh" });
  await expect(machinist.host("wed")).rejects.toMatchObject({ code: "machine.unknown" });
});
