import { CliError, isComplaint } from "../cli-error.ts";
import { type Call, type Command, text, yes } from "../command.ts";
import { checked } from "../env/checked.ts";
import { shellText } from "../env/shells.ts";
import { loadHost } from "../host/load.ts";
import { namesOr } from "../host/pick.ts";

export const env: Command = {
  name: "env",
  usage: "Display the commands to set up the environment for the Docker client",
  description: "Argument is a machine name.",
  flags: [
    { kind: "bool", name: "swarm", usage: "Display the Swarm config instead of the Docker daemon" },
    {
      kind: "string",
      name: "shell",
      usage:
        "Force environment to be configured for a specified shell: [fish, cmd, powershell, tcsh, emacs], default is auto-detect",
    },
    { kind: "bool", name: "unset", short: "u", usage: "Unset variables instead of setting them" },
    { kind: "bool", name: "no-proxy", usage: "Add machine IP to NO_PROXY environment variable" },
  ],
  run: async (call) => {
    const variables = yes(call, "unset") ? unset(call) : await connecting(call);
    const shell = text(call, "shell") || detected(call);
    call.io.out(shellText(shell, variables, ["docker-machine", ...call.words].join(" ")));
    return 0;
  },
};

type Variables = (readonly [name: string, value: string | undefined])[];

function unset(call: Call): Variables {
  if (call.args.length > 0) throw new CliError("Error: Expected no machine name when the -u flag is present");
  const names = ["DOCKER_TLS_VERIFY", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_MACHINE_NAME"];
  const all = yes(call, "no-proxy") ? [...names, noProxyName(call)] : names;
  return all.map((name) => [name, undefined] as const);
}

async function connecting(call: Call): Promise<Variables> {
  const names = namesOr(call);
  if (names.length > 1) throw new CliError("Error: Expected one machine name as an argument");
  const host = loadHost(call.storePath, names[0]!);
  const { name, url, folder, address } = await checked(call, host, yes(call, "swarm")).catch((thrown: unknown) => {
    throw isComplaint(thrown) ? new CliError(`Error checking TLS connection: ${thrown.message}`) : thrown;
  });
  return [
    ["DOCKER_TLS_VERIFY", "1"],
    ["DOCKER_HOST", url],
    ["DOCKER_CERT_PATH", folder],
    ["DOCKER_MACHINE_NAME", name],
    ...(call.io.platform === "win32" ? [["COMPOSE_CONVERT_WINDOWS_PATHS", "true"] as const] : []),
    ...(yes(call, "no-proxy") ? [[noProxyName(call), withAddress(call, address)] as const] : []),
  ];
}

/** As it is spelled here already. */
const noProxyName = ({ io }: Call): string => (io.env.no_proxy ? "no_proxy" : "NO_PROXY");

function withAddress(call: Call, address: string): string {
  const before = call.io.env[noProxyName(call)] ?? "";
  if (address === "" || before.split(",").some((each) => each.trim() === address)) return before;
  return before === "" ? address : `${before},${address}`;
}

function detected({ io }: Call): string {
  const shell = (io.env.SHELL ?? "").split(/[\\/]/).at(-1) ?? "";
  if (shell !== "") return shell.replace(/\.exe$/i, "");
  if (io.platform === "win32")
    return /Documents.{1,20}PowerShell/i.test(io.env.PSModulePath ?? "") ? "powershell" : "cmd";
  io.out(
    "The default lines below are for a sh/bash shell, you can specify the shell you're using, with the --shell flag.\n\n",
  );
  throw new CliError("Error: Unknown shell");
}
