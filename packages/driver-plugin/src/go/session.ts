import { MachinistError } from "@machinist/core";
import { bytes, dialRpc, type GobType, type GobValue, RpcClient } from "@machinist/go-rpc";
import { type PluginProcess, type PluginProgram, startPlugin } from "./plugin-process.ts";

/** What a driver's plugin does when it is asked, by the names of docker-machine's protocol. */
export type Method =
  | "Close"
  | "Create"
  | "DriverName"
  | "GetConfigRaw"
  | "GetCreateFlags"
  | "GetIP"
  | "GetSSHHostname"
  | "GetSSHKeyPath"
  | "GetSSHPort"
  | "GetSSHUsername"
  | "GetState"
  | "GetVersion"
  | "Heartbeat"
  | "Kill"
  | "PreCreateCheck"
  | "Remove"
  | "Restart"
  | "SetConfigFromFlags"
  | "SetConfigRaw"
  | "Start"
  | "Stop";

export interface SessionOptions {
  readonly signal: AbortSignal;
  /** What the plugin prints: `isDebug` is its stderr. */
  readonly log: (line: string, isDebug: boolean) => void;
}

/** One plugin, started, greeted and kept alive. */
export interface Session {
  /** Of the plugin's process. */
  readonly pid: number;
  /** Throws `plugin.refused` with the plugin's own words, `plugin.lost`, `plugin.timeout`, `cancelled`. */
  ask(method: Method, type?: GobType, argument?: GobValue): Promise<GobValue>;
  /** Lay a configuration over the driver's own defaults. */
  configure(json: string): Promise<void>;
  config(): Promise<string>;
  /** The same, soon, also after the run was cancelled: it may have made something since it was asked last. */
  lastConfig(): Promise<string>;
}

const HEARTBEAT_MS = 5000;
/** A plugin may wait for its cloud as long as it likes; what only looks has to answer. */
const LOOK_MS = 60_000;
const LAST_LOOK_MS = 2000;
const WORK_MS = 60 * 60_000;
const works: ReadonlySet<Method> = new Set<Method>([
  "Create",
  "Kill",
  "PreCreateCheck",
  "Remove",
  "Restart",
  "Start",
  "Stop",
]);

/** Start the plugin, do some work with it, and end it, however the work ends. */
export async function withPlugin<T>(
  program: PluginProgram,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const process = await startPlugin(program, options);
  let client: RpcClient | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  try {
    client = new RpcClient(await dialRpc({ port: process.port, signal: options.signal }));
    const rpc = client;
    const service = await greet(program.name, rpc, options.signal);
    const call = (method: Method, type?: GobType, argument?: GobValue) =>
      rpc.call(`${service}.${method}`, type, argument, {
        signal: options.signal,
        timeoutMs: works.has(method) ? WORK_MS : LOOK_MS,
      });
    heartbeat = setInterval(() => rpc.call(`${service}.Heartbeat`).catch(() => {}), HEARTBEAT_MS);
    const ask: Session["ask"] = (method, type, argument) =>
      call(method, type, argument).catch((thrown) => {
        throw told(program.name, method, thrown as MachinistError, process);
      });
    return await work({
      pid: process.pid,
      ask,
      configure: async (json) => void (await ask("SetConfigRaw", bytes, Buffer.from(json))),
      config: async () => textOf(await ask("GetConfigRaw")),
      lastConfig: async () =>
        textOf(await rpc.call(`${service}.GetConfigRaw`, undefined, undefined, { timeoutMs: LAST_LOOK_MS })),
    });
  } finally {
    clearInterval(heartbeat);
    // It may end before it answers.
    await client?.call("RPCServerDriver.Close", undefined, undefined, { timeoutMs: 500 }).catch(() => {});
    client?.close();
    await process.end();
  }
}

const textOf = (raw: GobValue): string => Buffer.from(raw as Uint8Array).toString("utf8");

/** Older plugins spell the service otherwise. Throws `plugin.version`. */
async function greet(name: string, client: RpcClient, signal: AbortSignal): Promise<string> {
  for (const service of ["RPCServerDriver", "RpcServerDriver"]) {
    const version = await client
      .call(`${service}.GetVersion`, undefined, undefined, { signal, timeoutMs: LOOK_MS })
      .catch((error: MachinistError) => {
        if (error.code === "rpc.refused" && service === "RPCServerDriver") return undefined;
        throw error;
      });
    if (version === 1) return service;
    if (version !== undefined)
      throw new MachinistError(
        "plugin.version",
        `The plugin of driver ${name} speaks version ${version} of its protocol`,
        {
          hint: "Get one for docker-machine 0.5 or later: those speak version 1",
        },
      );
  }
  throw new MachinistError(
    "plugin.version",
    `The plugin of driver ${name} does not speak the protocol of docker-machine`,
  );
}

/** The same failure, with the driver's name and the plugin's last words. */
function told(name: string, method: Method, error: MachinistError, process: PluginProcess): MachinistError {
  const details = { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  if (error.code === "rpc.refused") return new MachinistError("plugin.refused", firstLine(error.message), details);
  if (error.code === "rpc.timeout")
    return new MachinistError("plugin.timeout", `The plugin of driver ${name} does not answer to ${method}`, details);
  if (error.code === "rpc.lost") {
    const words = process.lastWords();
    const why = words === "" ? "" : `: ${words}`;
    return new MachinistError("plugin.lost", `The plugin of driver ${name} ended in the middle of ${method}${why}`, {
      ...details,
      hint: "Run the same command again; it goes on where the plugin can say what it has done",
    });
  }
  return error;
}

/** A plugin that panics sends its whole stack. */
const firstLine = (words: string): string => words.split("\n")[0]!.trim().slice(0, 500) || "it gave no reason";
