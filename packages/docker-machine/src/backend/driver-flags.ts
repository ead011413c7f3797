import { asMachinistError, type DriverModule } from "@machinist/core";
import { flagOf, flagsOf } from "@machinist/options";
import type { Flag } from "../argv/flag.ts";
import { CliError } from "../cli-error.ts";
import type { Opening } from "../command.ts";
import { opened } from "./open.ts";

/** Whether there is such a driver here, in a package or as a program. */
export async function driverFound(call: Opening, name: string): Promise<boolean> {
  const machinist = await opened(call);
  return machinist.driver(name).then(
    () => true,
    () => false,
  );
}

/** A driver's own flags of `create`. Throws in docker-machine's words where there is no such driver. */
export async function driverFlags(call: Opening, name: string): Promise<Flag[]> {
  const module = await found(call, name);
  if (name === "none") return [{ kind: "string", name: "url", usage: "URL of host when no driver is selected" }];
  const options = flagsOf(module).map(({ flag, description, type, default: standard, env, unused }): Flag => {
    const common = {
      name: flag.slice(2),
      usage: (unused ?? description).replace(/\.$/, ""),
      ...(env === undefined ? {} : { env }),
    };
    if (type === "boolean") return { ...common, kind: "bool" };
    if (type === "array") return { ...common, kind: "slice" };
    if (type === "integer") return { ...common, kind: "int", value: typeof standard === "number" ? standard : 0 };
    return { ...common, kind: "string", ...(standard === undefined ? {} : { value: String(standard) }) };
  });
  const secrets = Object.entries(module.credentials ?? {}).map(
    ([option, { description, env, flag }]): Flag => ({
      kind: "string",
      name: flagOf(module.name, option, flag).slice(2),
      usage: description.replace(/\.$/, ""),
      env,
    }),
  );
  const all = [...options, ...secrets];
  return all.filter((flag, index) => all.findIndex((other) => other.name === flag.name) === index);
}

/** The driver that docker-machine would take: a plugin of this name on PATH before a driver of ours that it did not have. */
export async function found(call: Opening, name: string, before = ""): Promise<DriverModule> {
  const machinist = await opened(call);
  try {
    return await machinist.driver(await machinist.nameOfDockerMachine(name));
  } catch (thrown) {
    const error = asMachinistError(thrown);
    if (error.code !== "driver.unknown") throw new CliError(error.message);
    throw new CliError(
      `${before}Driver ${JSON.stringify(name)} not found. Do you have the plugin binary "docker-machine-driver-${name}" accessible in your PATH?`,
    );
  }
}
