import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { listed } from "../list/listed.ts";

export const active: Command = {
  name: "active",
  usage: "Print which machine is active",
  flags: [{ kind: "int", name: "timeout", short: "t", value: 10, usage: "Timeout in seconds, default to 10s" }],
  run: async (call) => {
    if (call.args.length > 0) throw new CliError("Error: Too many arguments given");
    const items = await listed(call, Number(call.flags.get("timeout")));
    const found = items.find((item) => item.ActiveHost || item.ActiveSwarm);
    if (!found && items.some(({ State }) => State === "Timeout"))
      throw new CliError("Error getting active host: timeout");
    if (!found) throw new CliError("No active host found");
    call.io.out(`${found.Name}\n`);
    return 0;
  },
};
