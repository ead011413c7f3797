import type { EngineProps } from "../engine-props.ts";
import { ENVIRONMENT_PATH } from "./environment-file.ts";

/** Read after the drop-ins of others, whose ExecStart it takes over and adds to. */
export const DROP_IN_PATH = "/etc/systemd/system/docker.service.d/zz-machinist.conf";
/** Where it was before: others could come after it. */
export const EARLIER_DROP_IN = "/etc/systemd/system/docker.service.d/10-machinist.conf";
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
  /** The ExecStart line in force without ours; empty where there is none. */
  readonly baseExec: string;
  readonly dockerd: string;
  /** The address the host is reached at, which decides between the IPv4 and the dual-stack wildcard. */
  readonly address: string;
}

/**
 * The systemd drop-in: opens the TLS socket and names the file of the daemon's environment. Everything else is in
 * daemon.json. The flags of the distribution's unit and of other drop-ins stay.
 */
export function dropIn(props: EngineProps, context: UnitContext): string {
  return [
    `# Written by machinist for ${props.machine}; changes are overwritten. Own settings belong in another drop-in: their flags are kept.`,
    "[Service]",
    "ExecStart=",
    `ExecStart=${execStart(props.port, context)}`,
    ...(Object.keys(props.env).length > 0 ? [`EnvironmentFile=-${ENVIRONMENT_PATH}`] : []),
    "",
  ].join("\n");
}

/** `tcp://…` as dockerd listens on. */
export const listenUrl = (port: number, address: string): string =>
  `tcp://${address.includes(":") ? "[::]" : "0.0.0.0"}:${port}`;

/** The flags every service manager adds. */
export const listenFlags = (port: number, address: string): string[] => ["-H", listenUrl(port, address), ...TLS_FLAGS];

function execStart(port: number, { baseExec, dockerd, address }: UnitContext): string {
  const base = baseExec || dockerd;
  const local = /\s(-H|--host)\b/.test(base) ? [] : ["-H", "unix:///var/run/docker.sock"];
  return [base, ...local, ...listenFlags(port, address)].join(" ");
}

/** Whether a 10-machine.conf is the one docker-machine writes, and not a user's of the same name. */
export const isDockerMachines = (text: string | undefined): boolean =>
  text !== undefined && /^ExecStart=$/m.test(text) && /--tlscacert[ =]\/etc\/docker\/ca\.pem/.test(text);
