import type { Command } from "../command.ts";
import { checkDriver } from "../host/driver-known.ts";
import { allHosts } from "../host/pick.ts";

export const ip: Command = {
  name: "ip",
  usage: "Get the IP address of a machine",
  description: "Argument(s) are one or more machine names.",
  flags: [],
  run: async (call) => {
    const hosts = allHosts(call);
    for (const host of hosts) await checkDriver(call, host, "Error getting IP address: ");
    call.io.out(hosts.map(({ config }) => `${String(config.Driver.IPAddress ?? "")}\n`).join(""));
    return 0;
  },
};
