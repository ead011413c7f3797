import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { oneHost } from "../host/pick.ts";
import { stateOf } from "../list/item.ts";

export const status: Command = {
  name: "status",
  usage: "Get the status of a machine",
  description: "Argument is a machine name.",
  flags: [],
  run: async (call) => {
    const host = oneHost(call);
    const { state, error, unloadable } = await stateOf(call, host, call.io.signal);
    if (unloadable) throw new CliError(error);
    if (error !== "") throw new CliError(`error getting state for host ${host.name}: ${error}`);
    call.io.out(`${state}\n`);
    return 0;
  },
};
