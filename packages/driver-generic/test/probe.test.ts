import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { greeting } from "../src/index.ts";

const servers: Server[] = [];
const sockets = new Set<Socket>();

/** A server on a free port of loopback that does `greet` to whoever connects. */
async function serve(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    greet(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const probe = (port: number, options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  greeting("127.0.0.1", port, { timeoutMs: 60_000, signal: new AbortController().signal, ...options });

describe("greeting", () => {
  it("is the server's first SSH line", async () => {
    const port = await serve((socket) => socket.write("SSH-2.0-Test_1.0\r\n"));
    expect(await probe(port)).toBe("SSH-2.0-Test_1.0");
  });

  it("may come in pieces, after other lines", async () => {
    const port = await serve((socket) => {
      socket.write("Welcome\r\nSSH-");
      setTimeout(() => socket.write("2.0-Slow\n"), 20);
    });
    expect(await probe(port)).toBe("SSH-2.0-Slow");
  });

  it("says that a closed port refused", async () => {
    const port = await serve(() => {});
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    await expect(probe(port)).rejects.toMatchObject({
      code: "generic.unreachable",
      message: `No SSH server could be reached at 127.0.0.1 port ${port}: the connection was refused`,
      hint: expect.stringContaining("--generic-ssh-port"),
    });
  });

  it("tells a name that does not resolve", async () => {
    const error = greeting("no-such-host.invalid", 22, { signal: new AbortController().signal, timeoutMs: 4000 });
    await expect(error).rejects.toMatchObject({ code: "generic.unreachable" });
  });

  it.each<[string, (socket: Socket) => void, string, number?]>([
    // A second, for a connection of this computer to itself: it is made by then.
    ["stays silent", () => {}, "did not greet", 1000],
    ["hangs up", (socket) => socket.end(), "hung up without a greeting"],
    ["resets", (socket) => socket.resetAndDestroy(), "cut the connection"],
    ["speaks HTTP", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), "greeted otherwise"],
    ["talks without end", (socket) => socket.write("x".repeat(20_000)), "greeted otherwise"],
  ])("knows a server that %s for none", async (_what, greet, words, timeoutMs = 60_000) => {
    const port = await serve(greet);
    await expect(probe(port, { timeoutMs })).rejects.toMatchObject({
      code: "generic.not-ssh",
      message: expect.stringContaining(words),
    });
  });

  it("ends at once when it is cancelled, before or while it waits", async () => {
    const connected = new AbortController();
    const port = await serve(() => connected.abort());
    await expect(probe(port, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
    expect(connected.signal.aborted).toBe(false);
    // It waits a minute for a greeting, and is done when it is no longer wanted.
    await expect(probe(port, { signal: connected.signal })).rejects.toMatchObject({ code: "cancelled" });
  });
});
