import { setImmediate } from "node:timers/promises";
import type { ServerChannel } from "ssh2";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TestServer } from "./support/server.ts";
import { failureOf, makeWorld, type World } from "./support/world.ts";

let world: World;
let server: TestServer;
beforeEach(async () => {
  world = await makeWorld();
  server = await world.serve();
});
afterEach(() => world.end());

/** The client's side of a cut, in this same process: some turns of the event loop, and no matter of time. */
async function heard(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await setImmediate();
}

const pool = (options = {}) => world.pool({ port: server.port, hostKeys: server.hostKeys }, options);

test("many callers at once share one TCP connection", async () => {
  const hosts = pool();
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => (await hosts.connect("a")).run(["echo", String(i)])),
  );
  expect(answers.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 40 }, (_, i) => `${i}\n`));
  expect(server.connections).toBe(1);
});

test("no more than eight programs run at once", async () => {
  let asked = 0;
  let most = 0;
  const running: ServerChannel[] = [];
  /** Ends what runs, a moment after there are as many as there may be: more would be there by then. */
  const endSoon = () =>
    setTimeout(() => {
      for (const channel of running.splice(0)) {
        channel.exit(0);
        channel.end();
      }
    }, 50);
  const counting = await world.serve({
    onExec: (_command, channel) => {
      asked++;
      most = Math.max(most, running.push(channel));
      if (running.length === 8 || asked === 30) endSoon();
    },
  });
  const host = await world.pool({ port: counting.port, hostKeys: counting.hostKeys }).connect("a");
  await Promise.all(Array.from({ length: 30 }, () => host.run(["x"])));
  expect(most).toBe(8);
});

test("lost between two calls, it is opened again", async () => {
  const host = await pool().connect("a");
  server.cut();
  await heard();
  expect((await host.run(["echo", "back"])).stdout).toBe("back\n");
  expect(server.connections).toBe(2);
});

test("lost in mid-run, it is said so, and the program is not run twice", async () => {
  const host = await pool().connect("a");
  const during = failureOf(host.run(["sleep", "60"]));
  await expect.poll(() => server.commands.length).toBe(1);
  server.cut();
  const failure = await during;
  expect(failure).toMatchObject({
    code: "ssh.lost",
    retryable: true,
    message: expect.stringMatching(/lost during .*: .*\w/),
  });
  expect((await host.run(["true"])).code).toBe(0);
  expect(server.commands).toHaveLength(2);
});

test("those in line when it is lost run on the next one", async () => {
  const host = await pool().connect("a");
  const running = Array.from({ length: 8 }, () => failureOf(host.run(["sleep", "60"])));
  await expect.poll(() => server.commands.length).toBe(8);
  const waiting = host.run(["echo", "later"]);
  server.cut();
  for (const failure of await Promise.all(running)) expect(failure.code).toBe("ssh.lost");
  expect((await waiting).stdout).toBe("later\n");
});

test("a host that is gone without a word is found out by keepalive", async () => {
  const host = await pool({ keepaliveMs: 50 }).connect("a");
  const during = failureOf(host.run(["sleep", "60"]));
  await expect.poll(() => server.commands.length).toBe(1);
  server.freeze();
  expect(await during).toMatchObject({ code: "ssh.lost", message: expect.stringMatching(/: keepalive timeout$/i) });
});

test("handles are closed one by one, the connection with the last", async () => {
  const hosts = pool();
  const [one, other] = await Promise.all([hosts.connect("a"), hosts.connect("a")]);
  await one!.close();
  await one!.close();
  expect((await failureOf(one!.run(["true"]))).code).toBe("ssh.closed");
  expect((await other!.run(["true"])).code).toBe(0);
  expect(server.connections).toBe(1);
  await other!.close();
  await (await hosts.connect("a")).run(["true"]);
  expect(server.connections).toBe(2);
});

test("a connection that takes leave is given to nobody: who comes meanwhile gets one of their own", async () => {
  const hosts = pool();
  const leaving = (await hosts.connect("a")).close();
  const host = await hosts.connect("a");
  const dropping = hosts.drop("a");
  expect((await host.run(["echo", "mine"])).stdout).toBe("mine\n");
  await Promise.all([leaving, dropping]);
  expect((await host.run(["echo", "still"])).stdout).toBe("still\n");
  expect(server.connections).toBe(3);
});

test("a dropped connection comes back when it is needed", async () => {
  const hosts = pool();
  const host = await hosts.connect("a");
  await hosts.drop("a");
  await hosts.drop("unknown");
  expect((await host.run(["true"])).code).toBe(0);
  expect(server.connections).toBe(2);
});

test("the address may be another after a reboot", async () => {
  let { port } = server;
  const target = async () => ({
    endpoint: { host: "127.0.0.1", port, user: "u", trustOnFirstUse: true },
    identity: world.identity.path,
    knownHosts: world.knownHosts("a"),
  });
  const host = await world.pool({ port }, { target }).connect("a");
  const moved = await world.serve();
  ({ port } = moved);
  server.cut();
  await heard();
  await host.run(["true"]);
  expect(host.endpoint.port).toBe(moved.port);
});

test("an idle connection is asked for a sign of life, and dropped where none comes", async () => {
  const host = await pool({ waitMs: 100_000 }).connect("a");
  const later = vi.spyOn(Date, "now").mockImplementation(() => performance.timeOrigin + performance.now() + 60_000);
  try {
    await host.run(["echo", "alive"]);
    expect(server.commands).toEqual([":", expect.stringContaining("'echo' 'alive'")]);
    expect(server.connections).toBe(1);
    later.mockImplementation(() => performance.timeOrigin + performance.now() + 120_000);
    server.freeze();
    expect((await host.run(["echo", "again"])).stdout).toBe("again\n");
    expect(server.connections).toBe(2);
  } finally {
    later.mockRestore();
  }
});
