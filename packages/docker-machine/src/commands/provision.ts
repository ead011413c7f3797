import type { Command } from "../command.ts";
import { checkDriver } from "../host/driver-known.ts";
import { eachHost } from "../host/each-host.ts";

export const provision: Command = {
  name: "provision",
  usage: "Re-provision existing machines",
  flags: [],
  run: (call) =>
    eachHost(call, async (host) => {
      await checkDriver(call, host);
      await (await call.deep()).provision(call, host);
    }),
};

export const upgrade: Command = {
  name: "upgrade",
  usage: "Upgrade a machine to the latest version of Docker",
  description: "Argument(s) are one or more machine names.",
  flags: [],
  run: (call) =>
    eachHost(call, async (host) => {
      await checkDriver(call, host);
      await (await call.deep()).upgrade(call, host);
    }),
};
