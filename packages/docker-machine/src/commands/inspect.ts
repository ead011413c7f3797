import { configText, goJson, type MachineConfig } from "@machinist/machine-config";
import { CliError, messageOf } from "../cli-error.ts";
import { type Command, text } from "../command.ts";
import { driverKnown } from "../host/driver-known.ts";
import { oneHost } from "../host/pick.ts";

export const inspect: Command = {
  name: "inspect",
  usage: "Inspect information about a machine",
  description: "Argument is a machine name.",
  flags: [{ kind: "string", name: "format", short: "f", usage: "Format the output using the given go template." }],
  run: async (call) => {
    const { config } = oneHost(call, true);
    // Of a driver that is not here, docker-machine knows nothing but the name.
    const known = await driverKnown(call, config.DriverName);
    const shown: MachineConfig = known ? config : { ...config, Driver: { Name: config.DriverName } };
    const format = text(call, "format");
    call.io.out(format === "" ? `${configText(shown)}\n` : `${await formatted(format, shown)}\n`);
    return 0;
  },
};

async function formatted(format: string, config: MachineConfig): Promise<string> {
  const { compile, jsonFunctions } = await import("@machinist/go-template");
  let template: ReturnType<typeof compile>;
  try {
    template = compile("", format, { functions: jsonFunctions });
  } catch (thrown) {
    throw new CliError(`template parsing error: ${messageOf(thrown)}`);
  }
  return template.execute(JSON.parse(goJson(config)));
}
