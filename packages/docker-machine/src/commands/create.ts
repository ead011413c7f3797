import type { Flag } from "../argv/flag.ts";
import { CliError } from "../cli-error.ts";
import { type Command, text } from "../command.ts";

const shared: readonly Flag[] = [
  {
    kind: "string",
    name: "driver",
    short: "d",
    value: "virtualbox",
    usage: "Driver to create machine with.",
    env: "MACHINE_DRIVER",
  },
  {
    kind: "string",
    name: "engine-install-url",
    value: "https://get.docker.com",
    usage: "Custom URL to use for engine installation",
    env: "MACHINE_DOCKER_INSTALL_URL",
  },
  {
    kind: "slice",
    name: "engine-opt",
    usage: "Specify arbitrary flags to include with the created engine in the form flag=value",
  },
  {
    kind: "slice",
    name: "engine-insecure-registry",
    usage: "Specify insecure registries to allow with the created engine",
  },
  {
    kind: "slice",
    name: "engine-registry-mirror",
    usage: "Specify registry mirrors to use",
    env: "ENGINE_REGISTRY_MIRROR",
  },
  { kind: "slice", name: "engine-label", usage: "Specify labels for the created engine" },
  { kind: "string", name: "engine-storage-driver", usage: "Specify a storage driver to use with the engine" },
  { kind: "slice", name: "engine-env", usage: "Specify environment variables to set in the engine" },
  { kind: "bool", name: "swarm", usage: "Configure Machine to join a Swarm cluster" },
  {
    kind: "string",
    name: "swarm-image",
    value: "swarm:latest",
    usage: "Specify Docker image to use for Swarm",
    env: "MACHINE_SWARM_IMAGE",
  },
  { kind: "bool", name: "swarm-master", usage: "Configure Machine to be a Swarm master" },
  { kind: "string", name: "swarm-discovery", usage: "Discovery service to use with Swarm" },
  {
    kind: "string",
    name: "swarm-strategy",
    value: "spread",
    usage: "Define a default scheduling strategy for Swarm",
  },
  { kind: "slice", name: "swarm-opt", usage: "Define arbitrary flags for Swarm master" },
  { kind: "slice", name: "swarm-join-opt", usage: "Define arbitrary flags for Swarm join" },
  {
    kind: "string",
    name: "swarm-host",
    value: "tcp://0.0.0.0:3376",
    usage: "ip/socket to listen on for Swarm master",
  },
  {
    kind: "string",
    name: "swarm-addr",
    usage: "addr to advertise for Swarm (default: detect and use the machine IP)",
  },
  { kind: "bool", name: "swarm-experimental", usage: "Enable Swarm experimental features" },
  { kind: "slice", name: "tls-san", usage: "Support extra SANs for TLS certs" },
];

/**
 * The driver on a command line that cannot be parsed yet, since its flags are the driver's. To the letter: of the ways to write the
 * flag these four are seen, wherever they stand.
 */
function driverOf(words: readonly string[]): string {
  for (const [index, word] of words.entries()) {
    if (word === "-d" || word === "--driver") {
      const next = words[index + 1];
      if (next !== undefined) return next;
    }
    const read = /^(?:-d|--driver)=([^=]*)/.exec(word);
    if (read) return read[1]!;
  }
  return "";
}

export const create: Command = {
  name: "create",
  usage: "Create a machine",
  description:
    "Run 'docker-machine create --driver name --help' to include the create flags for that driver in the help text.",
  flags: shared,
  strict: true,
  moreFlags: async (call) => {
    const name = driverOf(call.words) || call.io.env.MACHINE_DRIVER || "virtualbox";
    return (await call.deep()).driverFlags(call, name);
  },
  run: async (call) => {
    const [name = "", ...more] = call.args;
    if (more.length > 0) throw new CliError(`Invalid command line. Found extra arguments [${more.join(" ")}]`);
    if (name === "") throw new CliError("Error: No machine name specified", { help: true });
    if (!/^[a-zA-Z0-9][a-zA-Z0-9\-.]*$/.test(name))
      throw new CliError(
        "Error creating machine: Invalid hostname specified. Allowed hostname chars are: 0-9a-zA-Z . -",
      );
    const discovery = text(call, "swarm-discovery");
    if (discovery !== "" && !discovery.includes("://"))
      throw new CliError(`Error parsing swarm discovery: Swarm Discovery URL was in the wrong format: ${discovery}`);
    await (await call.deep()).create(call, name);
    return 0;
  },
};
