import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { eachHost } from "../host/each-host.ts";
import { stateOf } from "../list/item.ts";

type Action = "start" | "stop" | "kill" | "restart";

interface Words {
  readonly usage: string;
  /** `Starting "m1"...` */
  readonly doing: string;
  /** `Machine "m1" was started.`, which is not said of a restart. */
  readonly done: string;
  /** The state in which there is nothing to do. */
  readonly already?: string;
}

const words: { readonly [action in Action]: Words } = {
  start: { usage: "Start a machine", doing: "Starting", done: "started", already: "Running" },
  stop: { usage: "Stop a machine", doing: "Stopping", done: "stopped", already: "Stopped" },
  kill: { usage: "Kill a machine", doing: "Killing", done: "killed", already: "Stopped" },
  restart: { usage: "Restart a machine", doing: "Restarting", done: "restarted" },
};

function power(action: Action): Command {
  const { usage, doing, done, already } = words[action];
  return {
    name: action,
    usage,
    description: "Argument(s) are one or more machine names.",
    flags: [],
    run: async (call) => {
      const code = await eachHost(call, async (host) => {
        call.io.out(`${doing} ${JSON.stringify(host.name)}...\n`);
        const { state, error } = await stateOf(call, host, call.io.signal);
        if (error !== "") throw new CliError(error);
        if (already !== undefined && state === already)
          throw new CliError(`Machine ${JSON.stringify(host.name)} is already ${already.toLowerCase()}.`);
        if (host.config.DriverName === "none") throw new CliError(`hosts without a driver cannot be ${done}`);
        if (action === "restart" && state !== "Stopped") return (await call.deep()).power(call, action, host.name);
        if (action === "restart") call.io.out(`${words.start.doing} ${JSON.stringify(host.name)}...\n`);
        await (await call.deep()).power(call, action === "restart" ? "start" : action, host.name);
        call.io.out(`Machine ${JSON.stringify(host.name)} was ${action === "restart" ? "started" : done}.\n`);
      });
      if (code === 0 && (action === "start" || action === "restart"))
        call.io.out(
          `${done === "started" ? "Started" : "Restarted"} machines may have new IP addresses. You may need to re-run the \`docker-machine env\` command.\n`,
        );
      return code;
    },
  };
}

export const start = power("start");
export const stop = power("stop");
export const kill = power("kill");
export const restart = power("restart");
