import { join } from "node:path";
import { CliError, isComplaint } from "../cli-error.ts";
import { type Command, yes } from "../command.ts";
import { checked } from "../env/checked.ts";
import { loadHost } from "../host/load.ts";
import { namesOr } from "../host/pick.ts";

export const config: Command = {
  name: "config",
  usage: "Print the connection config for machine",
  description: "Argument is a machine name.",
  flags: [{ kind: "bool", name: "swarm", usage: "Display the Swarm config instead of the Docker daemon" }],
  run: async (call) => {
    const host = loadHost(call.storePath, namesOr(call)[0]!);
    const { url, folder } = await checked(call, host, yes(call, "swarm")).catch((thrown: unknown) => {
      throw isComplaint(thrown) ? new CliError(`Error running connection boilerplate: ${thrown.message}`) : thrown;
    });
    const file = (name: string) => JSON.stringify(join(folder, name));
    call.io.out(
      `--tlsverify\n--tlscacert=${file("ca.pem")}\n--tlscert=${file("cert.pem")}\n--tlskey=${file("key.pem")}\n-H=${url}\n`,
    );
    return 0;
  },
};
