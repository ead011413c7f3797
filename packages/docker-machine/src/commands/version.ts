import type { Command } from "../command.ts";
import { engineVersion } from "../host/engine-version.ts";
import { oneHost } from "../host/pick.ts";
import { versionLine } from "../version.ts";

export const version: Command = {
  name: "version",
  usage: "Show the Docker Machine version or a machine docker version",
  flags: [],
  run: async (call) => {
    if (call.args.length === 0) call.io.out(`docker-machine version ${versionLine}\n`);
    else call.io.out(`${await engineVersion(oneHost(call), call.io.signal)}\n`);
    return 0;
  },
};
