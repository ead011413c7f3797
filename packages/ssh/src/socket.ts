import { connect, type Socket } from "node:net";
import { cancellation } from "./time-limit.ts";

/** A TCP connection without Nagle's delay, which costs ssh2 some 170 ms per connect. */
export function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancellation(signal));
    const socket = connect({ host, port, noDelay: true });
    const settle = (done: () => void) => {
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onError).off("connect", onConnect);
      done();
    };
    const onAbort = () => {
      socket.on("error", () => {}).destroy();
      settle(() => reject(cancellation(signal)));
    };
    const onError = (error: Error) => settle(() => reject(error));
    const onConnect = () => settle(() => resolve(socket));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError).once("connect", onConnect);
  });
}
