import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "./support/sshd.ts";
import { failureOf, makeWorld, toldLate, type World } from "./support/world.ts";

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
  // Where nobody has knocked yet by then, nobody waits.
  await pause(400);
  await world.serve({ port });
  await connecting;
});

test("a server that never says a word is given up, again and again", async () => {
  const server = await world.serve();
  server.manner = "stay silent";
  const pool = world.pool({ port: server.port, hostKeys: server.hostKeys }, { silenceMs: 300 });
  const waiting = pool.connect("a");
  await expect.poll(() => server.connections).toBeGreaterThan(1);
  const failure = await failureOf(pool.connect("a", { waitMs: 700 }));
  expect(failure).toMatchObject({ code: "ssh.unreachable", retryable: false });
  expect(failure.message).toContain("within 0.7 s");
  expect(failure.message).toContain("nothing answers there");
  server.manner = "serve";
  await waiting;
});

test("a closed port says what is wrong when the time is over", async () => {
  const failure = await toldLate(world.pool({ port: await freePort() }), () => world.logged.length > 0);
  expect(failure).toMatchObject({ code: "ssh.unreachable", message: expect.stringContaining("refused") });
});

test("a name that is none is not waited for", async () => {
  const failure = await failureOf(world.pool({ port: 22, host: "no-such-host.invalid" }).connect("a"));
  expect(failure.code).toBe("ssh.unreachable");
  expect(failure.message).not.toContain("could not be reached within");
});

test("a cancellation ends the wait of its caller alone", async () => {
  const server = await world.serve();
  server.manner = "hang up";
  const pool = world.pool({ port: server.port, hostKeys: server.hostKeys });
  const cancel = new AbortController();
  const one = failureOf(pool.connect("a", { signal: cancel.signal }));
  const other = pool.connect("a");
  await expect.poll(() => server.connections).toBeGreaterThanOrEqual(1);
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
  // Whoever has knocked is heard in the order of knocks, the last of which is this one.
  const last = connect({ host: "127.0.0.1", port: server.port });
  await once(
    last.on("error", () => {}),
    "close",
  );
  const { connections } = server;
  await pause(600);
  expect(server.connections).toBe(connections);
});

test("closing everything ends those who wait", async () => {
  const pool = world.pool({ port: await freePort() });
  const waiting = failureOf(pool.connect("a"));
  // Where nobody waits yet by then, nothing is there to be ended: that is told in the same words.
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
  const pool = world.pool({ port, bootMs: 400 }, { waitMs: undefined as never });
  const failure = await failureOf(pool.connect("a"));
  expect(failure.code).toBe("ssh.unreachable");
  expect(failure.message).toMatch(/within 0\.4 s/);
});
