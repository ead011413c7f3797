import { nothing, type RpcMethod, serveRpc } from "@machinist/go-rpc";
import { Machine, type MachineOptions } from "./machine.ts";
import { methodsOf } from "./methods.ts";

const nothingToSay = { type: nothing, value: {} } as const;

/** Without a heartbeat for so long its caller is gone, in ms: docker-machine sends one every 5 s. */
const HEARTBEAT_MS = 10_000;
/** How long work that nobody waits for may take to stop, in ms. */
const LEAVE_MS = 5000;

export interface ServeOptions extends MachineOptions {
  /** What docker-machine calls the driver. */
  readonly name: string;
  /** Default 10 000. */
  readonly heartbeatMs?: number;
}

/** A driver of machinist's as a plugin of docker-machine's, on a free loopback port, until its caller closes it or is gone. */
export async function servePlugin(
  options: ServeOptions,
): Promise<{ readonly port: number; readonly ended: Promise<void> }> {
  const { heartbeatMs = HEARTBEAT_MS } = options;
  const machine = new Machine(options);
  let heard = Date.now();
  const methods: Record<string, RpcMethod> = {};
  const { server, port } = await serveRpc({ methods });
  const ended = new Promise<void>((resolve) => server.once("close", resolve));
  let leaving = false;
  const leave = async () => {
    if (leaving) return;
    leaving = true;
    clearInterval(watch);
    await Promise.race([machine.close(), new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref())]);
    server.close();
    // Its one connection is the caller's, who has gone or goes.
    server.unref();
    server.emit("close");
  };
  const watch = setInterval(() => {
    if (Date.now() - heard > heartbeatMs) void leave();
  }, heartbeatMs / 10);
  const all: { readonly [method: string]: RpcMethod } = {
    ...methodsOf(options.name, machine, options),
    Heartbeat: async () => nothingToSay,
    Close: async () => {
      setTimeout(leave, 20);
      return nothingToSay;
    },
  };
  // Older callers spell the service otherwise.
  for (const service of ["RPCServerDriver", "RpcServerDriver"])
    for (const [name, method] of Object.entries(all))
      methods[`${service}.${name}`] = (argument) => {
        heard = Date.now();
        return method(argument);
      };
  return { port, ended };
}
