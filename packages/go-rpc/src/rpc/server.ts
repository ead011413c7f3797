import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { asMachinistError } from "@machinist/core";
import { GobDecoder } from "../gob/decoder.ts";
import { GobEncoder } from "../gob/encoder.ts";
import type { GobRecord, GobType, GobValue } from "../gob/types.ts";
import { nothing, request, response, welcome } from "./envelopes.ts";

/** A method's answer; what it throws is told to the caller in one line. */
export type RpcMethod = (argument: GobValue) => Promise<{ readonly type: GobType; readonly value: GobValue }>;

export interface RpcService {
  /** By `Service.Method`. */
  readonly methods: { readonly [name: string]: RpcMethod };
  /** Told when a connection breaks, or brings what is no gob. */
  readonly onError?: (error: Error) => void;
}

/** The most that a greeting may have, in bytes. */
const MOST_GREETING = 4096;

/** Serve on a free loopback port. Who listens on the server's `close` knows when it has ended. */
export function serveRpc(service: RpcService): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ noDelay: true }, (socket) => welcomed(socket, () => serveStream(socket, service)));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve({ server, port: (server.address() as { port: number }).port }));
  });
}

/** The HTTP part, as Go's `rpc.HandleHTTP` has it. */
function welcomed(socket: Socket, serve: () => void): void {
  let head = "";
  const refuse = (status: string, text: string) =>
    socket.end(
      `HTTP/1.0 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
  const onData = (piece: Buffer) => {
    head += piece.toString("latin1");
    const end = /\r?\n\r?\n/.exec(head);
    if (end === null && head.length < MOST_GREETING) return;
    socket.off("data", onData).pause();
    const [, method, path] = /^(\S+) (\S+) HTTP\/1\.\d/.exec(head) ?? [];
    if (end === null || method === undefined) return void refuse("400 Bad Request", "400 Bad Request\n");
    if (path !== "/_goRPC_") return void refuse("404 Not Found", "404 page not found\n");
    if (method !== "CONNECT") return void refuse("405 Method Not Allowed", "405 must CONNECT\n");
    const rest = Buffer.from(head.slice(end.index + end[0].length), "latin1");
    socket.write(welcome);
    serve();
    if (rest.length > 0) socket.unshift(rest);
    socket.resume();
  };
  socket.on("error", () => {}).on("data", onData);
}

/** Answer the calls of one connection, each when it is done. */
export function serveStream(stream: Duplex, { methods, onError = () => {} }: RpcService): void {
  const decoder = new GobDecoder();
  const encoder = new GobEncoder();
  let call: GobRecord | undefined;
  const reply = (head: GobRecord, type: GobType, value: GobValue) => {
    if (stream.destroyed) return;
    stream.write(encoder.encode(response, head));
    stream.write(encoder.encode(type, value));
  };
  const answer = async ({ ServiceMethod = "", Seq = 0 }: GobRecord, argument: GobValue) => {
    const name = String(ServiceMethod);
    const head = { ServiceMethod: name, Seq };
    try {
      const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
      if (method === undefined) throw new Error(missing(name, methods));
      const { type, value } = await method(argument);
      reply(head, type, value);
    } catch (error) {
      reply({ ...head, Error: asMachinistError(error).message || "it failed" }, nothing, {});
    }
  };
  stream.on("error", onError);
  stream.on("data", (piece: Buffer) => {
    try {
      for (const { type, value } of decoder.push(piece)) {
        if (call !== undefined) {
          void answer(call, value);
          call = undefined;
        } else if (type.kind === "struct" && type.name === request.name) call = value as GobRecord;
        else throw new Error("a call that does not begin with a request");
      }
    } catch (error) {
      onError(error as Error);
      stream.destroy();
    }
  });
}

/** Go's own words, for which callers look. */
function missing(name: string, methods: RpcService["methods"]): string {
  const service = name.slice(0, name.lastIndexOf(".") + 1);
  const known = Object.keys(methods).some((each) => each.startsWith(service));
  return `rpc: can't find ${known && service !== "" ? "method" : "service"} ${name}`;
}
