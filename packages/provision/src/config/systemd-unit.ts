import type { EngineProps } from "../engine-props.ts";

export const DROP_IN_PATH = "/etc/systemd/system/docker.service.d/10-machinist.conf";
/** docker-machine's own drop-in, which ours takes the place of: two of them would contradict each other. */
export const DOCKER_MACHINE_DROP_IN = "/etc/systemd/system/docker.service.d/10-machine.conf";

export const CA_PATH = "/etc/docker/ca.pem";
export const SERVER_CERT_PATH = "/etc/docker/server.pem";
export const SERVER_KEY_PATH = "/etc/docker/server-key.pem";

const TLS_FLAGS = [
  "--tlsverify",
  `--tlscacert=${CA_PATH}`,
  `--tlscert=${SERVER_CERT_PATH}`,
  `--tlskey=${SERVER_KEY_PATH}`,
];

/** What the drop-in depends on besides the props. */
export interface UnitContext {
  /** The ExecStart line of the distribution's own unit, whose flags are kept; undefined where it was not found. */
  readonly vendorExec: string | undefined;
  readonly dockerd: string;
  /** The address the host is reached at, which decides between the IPv4 and the dual-stack wildcard. */
  readonly address: string;
}

/**
 * The systemd drop-in: opens the TLS socket and sets the daemon's environment. Everything else is in daemon.json. The
 * distribution's own flags (socket activation, containerd's address) stay; only its TCP and TLS ones give way.
 */
export function dropIn(props: EngineProps, context: UnitContext): string {
  const lines = Object.entries(props.env).map(([key, value]) => `Environment=${quoteUnitValue(`${key}=${value}`)}`);
  return [
    `# Written by machinist for ${props.machine}; changes are overwritten. Own settings belong in a later drop-in.`,
    "[Service]",
    "ExecStart=",
    `ExecStart=${execStart(props.port, context)}`,
    ...lines,
    "",
  ].join("\n");
}

/** `tcp://…` as dockerd listens on. */
export const listenUrl = (port: number, address: string): string =>
  `tcp://${address.includes(":") ? "[::]" : "0.0.0.0"}:${port}`;

/** The flags every service manager adds. */
export const listenFlags = (port: number, address: string): string[] => ["-H", listenUrl(port, address), ...TLS_FLAGS];

function execStart(port: number, { vendorExec, dockerd, address }: UnitContext): string {
  const [program = dockerd, ...flags] = vendorExec?.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const kept = keptFlags(flags);
  const local = kept.some((flag) => /^(-H|--host)/.test(flag)) ? [] : ["-H", "unix:///var/run/docker.sock"];
  return [program, ...kept, ...local, ...listenFlags(port, address)].join(" ");
}

/** The vendor's flags without the ones that open TCP sockets or speak of TLS. */
function keptFlags(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at]!;
    const [name, inline] = flag.split(/=(.*)/s, 2) as [string, string | undefined];
    if (name === "-H" || name === "--host") {
      const value = inline ?? flags[++at] ?? "";
      if (/^(fd|unix):/.test(value)) kept.push("-H", value);
    } else if (/^--tls(cacert|cert|key)$/.test(name)) {
      if (inline === undefined) at++;
    } else if (!/^--tls(verify)?$/.test(name)) {
      kept.push(flag);
    }
  }
  return kept;
}

/** The last ExecStart of a unit file, with continued lines joined. */
export function vendorExecOf(unit: string | undefined): string | undefined {
  const lines = (unit ?? "").replace(/\\\r?\n/g, " ").split("\n");
  return lines
    .map((line) => /^\s*ExecStart\s*=\s*[-@:+!]*(\S.*)$/.exec(line)?.[1]?.trim())
    .filter((exec) => exec !== undefined)
    .at(-1);
}

/** Whether a 10-machine.conf is the one docker-machine writes, and not a user's of the same name. */
export const isDockerMachines = (text: string | undefined): boolean =>
  text !== undefined && /^ExecStart=$/m.test(text) && /--tlscacert[ =]\/etc\/docker\/ca\.pem/.test(text);

/**
 * One word of a unit file in double quotes, to be read back as it is: systemd takes backslashes and quotes for escapes
 * and `%` for a specifier, even within quotes. Control characters have been refused before.
 */
export const quoteUnitValue = (value: string): string =>
  `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;
