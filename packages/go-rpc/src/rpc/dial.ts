import { connect, type Socket } from "node:net";
import { asMachinistError, cancelled, MachinistError } from "@machinist/core";
import { greeting } from "./envelopes.ts";

export interface DialOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  readonly signal?: AbortSignal;
  /** For the connection and the welcome, in ms. Default 10 s. */
  readonly timeoutMs?: number;
}

/** The most that a welcome may have, in bytes: a server of another kind may talk for long. */
const MOST_WELCOME = 4096;

/**
 * Connect to a net/rpc server behind HTTP, as Go's `rpc.DialHTTP` does. Throws `rpc.unreachable`, and `rpc.handshake` where
 * something else answers.
 */
export async function dialRpc({ host = "127.0.0.1", port, signal, timeoutMs = 10_000 }: DialOptions): Promise<Socket> {
  const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  const socket = connect({ host, port, noDelay: true });
  try {
    await greet(socket, `${host}:${port}`, limit);
    return socket;
  } catch (error) {
    socket.on("error", () => {}).destroy();
    if (signal?.aborted) throw cancelled(signal);
    if (limit.aborted) throw unreachable(`${host}:${port}`, `it did not answer within ${timeoutMs} ms`);
    throw asMachinistError(error);
  }
}

function greet(socket: Socket, address: string, limit: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let head = "";
    const done = (error?: Error) => {
      socket.off("data", onData).off("error", onError).off("close", onClose);
      limit.removeEventListener("abort", onAbort);
      if (error) reject(error);
      else resolve();
    };
    const onError = (error: Error) => done(unreachable(address, error.message));
    const onClose = () => done(handshake(head === "" ? "it hung up" : `it said ${JSON.stringify(head.slice(0, 80))}`));
    const onAbort = () => done(new Error("aborted"));
    const onData = (piece: Buffer) => {
      // One byte is one character, so that what follows the welcome can be given back as it came.
      head += piece.toString("latin1");
      const end = /\r?\n\r?\n/.exec(head);
      if (end === null && head.length < MOST_WELCOME) return;
      socket.pause();
      if (end === null || !/^HTTP\/1\.\d 200 /.test(head)) {
        return done(handshake(`it said ${JSON.stringify(head.split("\n")[0]?.trim().slice(0, 80))}`));
      }
      const rest = Buffer.from(head.slice(end.index + end[0].length), "latin1");
      done();
      if (rest.length > 0) socket.unshift(rest);
    };
    socket.on("data", onData).on("error", onError).on("close", onClose);
    limit.addEventListener("abort", onAbort, { once: true });
    if (limit.aborted) return onAbort();
    socket.write(greeting);
  });
}

const unreachable = (address: string, why: string): MachinistError =>
  new MachinistError("rpc.unreachable", `The plugin at ${address} cannot be reached: ${why}`, {
    hint: "See whether it still runs, and what it printed",
  });

const handshake = (what: string): MachinistError =>
  new MachinistError("rpc.handshake", `What answers there is no plugin: ${what}`, {
    hint: "The program that was started is not a driver of docker-machine",
  });
