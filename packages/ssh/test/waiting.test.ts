import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "./support/sshd.ts";
import { failureOf, makeWorld, type World } from "./support/world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.end());

test("a server that hangs up at first is tried until it works", async () => {
  const server = await world.serve();
  server.manner = "hang up";
  const connecting = world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a");
  await expect.poll(() => server.connections).toBeGreaterThanOrEqual(4);
  server.manner = "serve";
  await connecting;
  expect(world.logged).toHaveLength(1);
  expect(world.logged[0]).toMatch(/^debug a: Waiting for a: /);
});

test("a port that opens only later is waited for", async () => {
  const port = await freePort();
  const connecting = world.pool({ port, trustOnFirstUse: true }).connect("a");
  await pause(400);
  await world.serve({ port });
  await connecting;
});

test("a server that never says a word is given up, again and again", async () => {
  const server = await world.serve();
  server.manner = "stay silent";
  const pool = world.pool({ port: server.port, hostKeys: server.hostKeys }, { silenceMs: 100 });
  const failure = await failureOf(pool.connect("a", { waitMs: 700 }));
  expect(failure).toMatchObject({ code: "ssh.unreachable", retryable: false });
  expect(failure.message).toContain("within 0.7 s");
  expect(failure.message).toContain("nothing answers there");
  expect(server.connections).toBeGreaterThan(1);
  server.manner = "serve";
  await pool.connect("a");
});

test("a closed port says what is wrong when the time is over", async () => {
  const failure = await failureOf(world.pool({ port: await freePort() }).connect("a", { waitMs: 300 }));
  expect(failure).toMatchObject({ code: "ssh.unreachable", message: expect.stringContaining("refused") });
});

test("a name that is none is not waited for", async () => {
  const start = Date.now();
  const failure = await failureOf(world.pool({ port: 22, host: "no-such-host.invalid" }).connect("a"));
  expect(failure.code).toBe("ssh.unreachable");
  expect(Date.now() - start).toBeLessThan(4000);
});

test("a cancellation ends the wait of its caller alone", async () => {
  const server = await world.serve();
  server.manner = "hang up";
  const pool = world.pool({ port: server.port, hostKeys: server.hostKeys });
  const cancel = new AbortController();
  const one = failureOf(pool.connect("a", { signal: cancel.signal }));
  const other = pool.connect("a");
  await pause(200);
  cancel.abort();
  expect((await one).code).toBe("cancelled");
  server.manner = "serve";
  await other;
});

test("when the last caller leaves, nobody knocks any more", async () => {
  const server = await world.serve();
  server.manner = "hang up";
  const pool = world.pool({ port: server.port, hostKeys: server.hostKeys });
  await failureOf(pool.connect("a", { waitMs: 250 }));
  const { connections } = server;
  await pause(600);
  expect(server.connections).toBe(connections);
});

test("closing everything ends those who wait", async () => {
  const pool = world.pool({ port: await freePort() });
  const waiting = failureOf(pool.connect("a"));
  await pause(100);
  await pool.closeAll();
  expect((await waiting).code).toBe("ssh.closed");
  expect((await failureOf(pool.connect("a"))).code).toBe("ssh.closed");
});

test("a target that cannot be found is an error at once", async () => {
  const pool = world.pool({ port: 1 }, { target: () => Promise.reject(new Error("no such machine")) });
  expect((await failureOf(pool.connect("a"))).message).toBe("no such machine");
});

test("a machine that needs long for its start is waited for as long as its endpoint says, and no longer", async () => {
  const port = await freePort();
  const begun = performance.now();
  const pool = world.pool({ port, bootMs: 400 }, { waitMs: undefined as never });
  expect((await failureOf(pool.connect("a"))).message).toMatch(/within 0\.4 s/);
  expect(performance.now() - begun).toBeLessThan(5000);
});
