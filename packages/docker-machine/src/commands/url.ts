import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { urlOf } from "../host/address.ts";
import { checkDriver } from "../host/driver-known.ts";
import { oneHost } from "../host/pick.ts";

export const url: Command = {
  name: "url",
  usage: "Get the URL of a machine",
  description: "Argument is a machine name.",
  flags: [],
  run: async (call) => {
    const host = oneHost(call);
    await checkDriver(call, host);
    const found = urlOf(host);
    if (found === "") throw new CliError("Host is not running");
    call.io.out(`${found}\n`);
    return 0;
  },
};
