import { connect } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Connection } from "../src/connection.ts";
import { credentials } from "../src/credentials.ts";
import { dial } from "../src/dial.ts";
import { prepareHostKeyCheck } from "../src/host-key-check.ts";
import { makeWorld, type World } from "./support/world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.end());

/** A way to the server that breaks as soon as it has carried the words that follow `isOver`. */
function breaking(port: number, isOver: () => boolean): Duplex {
  const socket = connect(port, "127.0.0.1");
  const way = new Duplex({
    read: () => {},
    write: (chunk, encoding, done) => void socket.write(chunk, encoding, done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      // The client hears of its login and of the break before anything else can run.
      way.push(chunk);
      if (isOver()) way.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    });
  return way;
}

test("a connection that breaks at the moment of its login is a lost connection, and no crash", async () => {
  let loggedIn = false;
  const server = await world.serve({ onLogin: () => (loggedIn = true) });
  const hop = { host: "127.0.0.1", port: server.port, user: "tester" };
  const check = await prepareHostKeyCheck({
    ...hop,
    hostKeys: server.hostKeys,
    knownHosts: world.knownHosts("a"),
    othersKnownHosts: [world.knownHosts("user")],
    log: () => {},
  });
  const dialled = await dial({
    hop,
    check,
    credentials: () =>
      credentials({ identity: world.identity.path, agent: undefined, keyPath: undefined, passphrase: undefined }),
    through: async () => breaking(server.port, () => loggedIn),
    keepaliveMs: 60_000,
    silenceMs: 60_000,
    attemptMs: 60_000,
    signal: new AbortController().signal,
  });
  expect(dialled.carrier.destroyed).toBe(true);
  expect(new Connection("a", hop, [dialled]).ended).toBe(true);
});
