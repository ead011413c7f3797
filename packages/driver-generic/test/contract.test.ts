import { createServer, type Server, type Socket } from "node:net";
import { generic, none } from "@machinist/driver-generic";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll, beforeAll } from "vitest";

/** Greets as an SSH server does; all this driver asks of one. */
function greeter() {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.write("SSH-2.0-Suite\r\n");
  });
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { listen, close };
}

const options: { "ip-address": string; "ssh-port": number } = { "ip-address": "127.0.0.1", "ssh-port": 0 };
const server = greeter();
beforeAll(async () => {
  options["ssh-port"] = await server.listen(0);
});
afterAll(() => server.close());

const nothingMade = "it makes nothing: the host is the user's own, before and after";

testDriver({
  module: generic,
  options,
  changed: { "ssh-user": "admin" },
  leftovers: async () => [],
  notApplicable: {
    "what cannot be read is an error, and nothing is forgotten or made over it": nothingMade,
    "what others made is left alone": nothingMade,
    "what cannot is replaced, if that was agreed to": "every option can be changed in place",
  },
});

testDriver({
  module: none,
  options: { url: "tcp://192.0.2.7:2376" },
  changed: { url: "tcp://192.0.2.8:2376" },
  leftovers: async () => [],
  notApplicable: {
    "what cannot be read is an error, and nothing is forgotten or made over it": nothingMade,
    "what others made is left alone": nothingMade,
    "what cannot is replaced, if that was agreed to": "every option can be changed in place",
  },
});
