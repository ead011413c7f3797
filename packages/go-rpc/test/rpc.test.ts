import { connect, createServer, type Server, type Socket } from "node:net";
import { bytes, dialRpc, int, nothing, RpcClient, type RpcMethod, serveRpc, string } from "@machinist/go-rpc";
import { afterEach, describe, expect, test } from "vitest";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function served(methods: { [name: string]: RpcMethod }) {
  const errors: string[] = [];
  const { server, port } = await serveRpc({ methods, onError: ({ message }) => errors.push(message) });
  cleanups.push(() => server.close());
  const socket = await dialRpc({ port });
  const client = new RpcClient(socket);
  cleanups.push(() => client.close());
  return { port, client, socket, errors };
}

/** A server that does what it likes with each connection. */
async function odd(serve: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => serve(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return (server.address() as { port: number }).port;
}

describe("calls", () => {
  test("bring their arguments, and come back with replies of every kind", async () => {
    const { client } = await served({
      "S.Upper": async (argument) => ({ type: string, value: String(argument).toUpperCase() }),
      "S.Length": async (argument) => ({ type: int, value: (argument as Uint8Array).length }),
      "S.Nothing": async () => ({ type: nothing, value: {} }),
    });
    expect(await client.call("S.Upper", string, "loud")).toBe("LOUD");
    expect(await client.call("S.Length", bytes, Buffer.from("four"))).toBe(4);
    expect(await client.call("S.Nothing")).toEqual({});
    expect(await client.call("S.Upper", string, "")).toBe("");
  });

  test("overlap, and are answered in their own time", async () => {
    const answers = new Map<number, () => void>();
    const { client } = await served({
      "S.Wait": async (turn) => {
        await new Promise<void>((resolve) => answers.set(Number(turn), resolve));
        return { type: int, value: turn };
      },
    });
    const order: number[] = [];
    const calls = new Map([3, 1, 2].map((turn) => [turn, client.call("S.Wait", int, turn)]));
    for (const call of calls.values()) call.then((turn) => order.push(Number(turn)));
    await expect.poll(() => answers.size).toBe(3);
    for (const turn of [1, 2, 3]) {
      answers.get(turn)!();
      await calls.get(turn);
    }
    expect(order).toEqual([1, 2, 3]);
  });

  test("a refusal is the other side's own words, and the connection goes on", async () => {
    const { client } = await served({
      "S.No": () => Promise.reject(new Error("not today")),
      "S.Yes": async () => ({ type: int, value: 1 }),
    });
    await expect(client.call("S.No")).rejects.toMatchObject({ code: "rpc.refused", message: "not today" });
    await expect(client.call("S.Nowhere")).rejects.toThrow("rpc: can't find method S.Nowhere");
    await expect(client.call("T.Yes")).rejects.toThrow("rpc: can't find service T.Yes");
    await expect(client.call("S.constructor")).rejects.toThrow("can't find method");
    expect(await client.call("S.Yes")).toBe(1);
  });

  test("one that takes too long, or is no longer wanted, ends here and disturbs no other", async () => {
    const { client } = await served({
      "S.Never": () => new Promise(() => {}),
      "S.Yes": async () => ({ type: int, value: 1 }),
    });
    await expect(client.call("S.Never", nothing, {}, { timeoutMs: 30 })).rejects.toMatchObject({ code: "rpc.timeout" });
    const controller = new AbortController();
    const waiting = client.call("S.Never", nothing, {}, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(await client.call("S.Yes")).toBe(1);
  });

  test("a connection that ends fails what waits, and what comes after", async () => {
    let asked = () => {};
    const { client, socket } = await served({
      "S.Never": () => {
        asked();
        return new Promise(() => {});
      },
    });
    asked = () => socket.resetAndDestroy();
    const waiting = client.call("S.Never");
    await expect(waiting).rejects.toMatchObject({ code: "rpc.lost" });
    await expect(client.call("S.Never")).rejects.toMatchObject({ code: "rpc.lost" });
  });

  test("an answer that is no gob fails them too", async () => {
    const port = await odd((socket) => {
      socket.write("HTTP/1.0 200 Connected to Go RPC\n\n");
      socket.write("Hello, I am something else entirely\n".repeat(9));
    });
    const client = new RpcClient(await dialRpc({ port }));
    cleanups.push(() => client.close());
    await expect(client.call("S.Any")).rejects.toMatchObject({ code: expect.stringMatching(/^gob\./) });
  });
});

describe("the greeting", () => {
  test.each<[string, (socket: Socket) => void, string, string, number?]>([
    ["another server", (socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"), "rpc.handshake", "404"],
    ["one that hangs up", (socket) => socket.end(), "rpc.handshake", "hung up"],
    ["one that never stops", (socket) => socket.write("x".repeat(20_000)), "rpc.handshake", "xxx"],
    ["one that says nothing", () => {}, "rpc.unreachable", "within 100 ms", 100],
  ])("%s is told from a plugin", async (_what, serve, code, words, timeoutMs = 60_000) => {
    const port = await odd(serve);
    const failure = dialRpc({ port, timeoutMs });
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test("a closed port is told", async () => {
    await expect(dialRpc({ port: 1 })).rejects.toMatchObject({ code: "rpc.unreachable" });
  });

  test("a wish to stop is not taken for a failure", async () => {
    const connected = new AbortController();
    const port = await odd(() => connected.abort());
    await expect(dialRpc({ port, signal: connected.signal })).rejects.toMatchObject({ code: "cancelled" });
  });

  // As the recorded server of docker-machine answered to the same lines.
  test.each([
    ["CONNECT /_goRPC_ HTTP/1.0\n\n", "HTTP/1.0 200 Connected to Go RPC\n\n"],
    ["CONNECT /_goRPC_ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.0 200 Connected to Go RPC\n\n"],
    ["GET /_goRPC_ HTTP/1.0\r\n\r\n", "HTTP/1.0 405 Method Not Allowed"],
    ["CONNECT /other HTTP/1.0\n\n", "HTTP/1.0 404 Not Found"],
    ["rubbish\n\n", "HTTP/1.0 400 Bad Request"],
  ])("a server answers %j as Go's does", async (sent, expected) => {
    const { port } = await served({});
    const socket = connect(port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    socket.write(sent);
    const [piece] = (await once(socket)) as [Buffer];
    expect(piece.toString()).toContain(expected);
  });

  test("a client that brings rubbish is hung up on, and others are not", async () => {
    const { port, client, errors } = await served({ "S.Yes": async () => ({ type: int, value: 1 }) });
    const socket = await dialRpc({ port });
    cleanups.push(() => socket.destroy());
    socket.resume();
    socket.write("no gob at all, but rather long".repeat(9));
    await new Promise((resolve) => socket.once("close", resolve));
    expect(errors).toHaveLength(1);
    expect(await client.call("S.Yes")).toBe(1);
  });
});

const once = (socket: Socket): Promise<unknown[]> =>
  new Promise((resolve) => socket.once("data", (piece) => resolve([piece])));
