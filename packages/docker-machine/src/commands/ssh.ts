import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { loadHost, pathOf } from "../host/load.ts";
import { stateOf } from "../list/item.ts";

export const ssh: Command = {
  name: "ssh",
  usage: "Log into or run a command on a machine with SSH.",
  description: "Arguments are [machine-name] [command]",
  flags: [],
  raw: true,
  run: async (call) => {
    const [name = "default", ...words] = call.args;
    if (call.args.length === 0 && pathOf(call.storePath, name) === undefined)
      throw new CliError('Error: No machine name(s) specified and no "default" machine exists');
    const host = loadHost(call.storePath, name);
    const { state, error } = await stateOf(call, host, call.io.signal);
    if (error !== "") throw new CliError(error);
    if (state !== "Running")
      throw new CliError(`Error: Cannot run SSH command: Host ${JSON.stringify(name)} is not running`);
    const code = await (await call.deep()).ssh(call, host, words);
    if (code === 0) return 0;
    throw new CliError(`exit status ${code}`);
  },
};
