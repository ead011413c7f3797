import type { Command } from "../command.ts";
import { checkDriver } from "../host/driver-known.ts";
import { engineVersion } from "../host/engine-version.ts";
import { oneHost } from "../host/pick.ts";
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
      call.io.out(`${await engineVersion(host, call.io.signal)}\n`);
    }
    return 0;
  },
};
