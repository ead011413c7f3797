import { createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostKey, type TestServer } from "./support/server.ts";
import { freePort } from "./support/sshd.ts";
import { failureOf, makeWorld, type World } from "./support/world.ts";

let world: World;
let server: TestServer;
beforeEach(async () => {
  world = await makeWorld();
  server = await world.serve();
});
afterEach(() => world.end());

const once = { waitMs: 0 };

test("one try makes the connection that is used afterwards, and whoever comes meanwhile shares it", async () => {
  const pool = world.pool({ port: server.port, hostKeys: server.hostKeys });
  const [first, second] = await Promise.all([pool.connect("a", once), pool.connect("a"), pool.connect("a", once)]);
  expect((await first!.run(["echo", "one"])).stdout).toBe("one\n");
  expect((await second!.run(["true"])).code).toBe(0);
  await pool.connect("a", once);
  expect(server.connections).toBe(1);
});

test("nobody there is said at once", async () => {
  const failure = await failureOf(world.pool({ port: await freePort() }).connect("a", once));
  expect(failure).toMatchObject({ code: "ssh.unreachable", message: expect.stringContaining("refused") });
});

const rude: [string, (socket: Socket) => void, string][] = [
  ["resets", (socket) => socket.resetAndDestroy(), "the connection was reset"],
  ["hangs up", (socket) => socket.end(), "closed the connection"],
  ["shuts us out for a while", (socket) => socket.end("Not allowed at this time\r\n"), '"Not allowed at this time"'],
  ["has too many callers", (socket) => socket.end("Exceeded MaxStartups\r\n"), '"Exceeded MaxStartups"'],
];
test.each(rude)("somebody who %s is there", async (_what, greet, words) => {
  const door = createServer((socket) => greet(socket.on("error", () => {})));
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const { port } = door.address() as { port: number };
  const failure = await failureOf(world.pool({ port }).connect("a", once));
  door.close();
  expect(failure).toMatchObject({
    code: "ssh.turned-away",
    message: expect.stringContaining(words),
    hint: expect.stringContaining("PerSourcePenalties"),
    retryable: true,
  });
});

test("a refusal that no waiting mends is not asked for again and again", async () => {
  const pool = world.pool({ port: server.port, hostKeys: [(await hostKey()).public] });
  for (let count = 0; count < 3; count++)
    expect((await failureOf(pool.connect("a", once))).code).toBe("ssh.host-key-changed");
  expect(server.connections).toBe(1);
});
