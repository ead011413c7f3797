import type { Command } from "../command.ts";
import { checkDriver } from "../host/driver-known.ts";
import { eachHost } from "../host/each-host.ts";

export const ip: Command = {
  name: "ip",
  usage: "Get the IP address of a machine",
  description: "Argument(s) are one or more machine names.",
  flags: [],
  run: (call) =>
    eachHost(call, async (host) => {
      await checkDriver(call, host, "Error getting IP address: ");
      call.io.out(`${String(host.config.Driver.IPAddress ?? "")}\n`);
    }),
};
