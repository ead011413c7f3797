import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { checkDriver } from "../host/driver-known.ts";
import { engineVersion } from "../host/engine-version.ts";
import { oneHost } from "../host/pick.ts";
import { stateOf } from "../list/item.ts";
import { versionLine } from "../version.ts";

export const version: Command = {
  name: "version",
  usage: "Show the Docker Machine version or a machine docker version",
  flags: [],
  run: async (call) => {
    if (call.args.length === 0) call.io.out(`docker-machine version ${versionLine}\n`);
    else {
      const host = oneHost(call);
      await checkDriver(call, host, "Unable to query docker version: ");
      const found = await engineVersion(host, call.io.signal).catch(async (thrown: unknown) => {
        // That a machine is off is better known than what a connection to it came to.
        const { state, error } = await stateOf(call, host, call.io.signal);
        if (state === "Running" || error !== "") throw thrown;
        throw new CliError("Unable to query docker version: Host is not running");
      });
      call.io.out(`${found}\n`);
    }
    return 0;
  },
};
