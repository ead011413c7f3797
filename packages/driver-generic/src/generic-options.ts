import { isIP } from "node:net";
import { type Data, MachinistError, type OptionsSchema, withoutUserInfo } from "@machinist/core";
import { isHostAddress } from "@machinist/values";

export const genericOptions: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  required: ["ip-address"],
  properties: {
    "ip-address": {
      type: "string",
      description: "Address or name of the host",
      "x-env": "GENERIC_IP_ADDRESS",
    },
    "ssh-user": {
      type: "string",
      description: "User to log in as; needs root's rights, or sudo without a password",
      default: "root",
      pattern: "^[A-Za-z0-9_][A-Za-z0-9_.@\\\\-]*\\$?$",
      "x-env": "GENERIC_SSH_USER",
    },
    "ssh-key": {
      type: "string",
      description: "Private key file; without it the machine's own key, the SSH agent's and those in ~/.ssh are tried",
      format: "path",
      "x-env": "GENERIC_SSH_KEY",
    },
    "ssh-port": {
      type: "integer",
      description: "Port of its SSH server",
      default: 22,
      minimum: 1,
      maximum: 65535,
      "x-env": "GENERIC_SSH_PORT",
    },
    "engine-port": {
      type: "integer",
      description: "Port on which Docker shall answer",
      default: 2376,
      minimum: 1,
      maximum: 65535,
      "x-env": "GENERIC_ENGINE_PORT",
    },
    "host-key": {
      type: "string",
      description: "SHA256 fingerprint of its host key, as `ssh-keygen -lf` prints it; any other key is refused",
      pattern: "^SHA256:[A-Za-z0-9+/]{43}=?$",
      "x-env": "GENERIC_HOST_KEY",
    },
    "trust-on-first-use": {
      type: "boolean",
      description: "Accept an unknown host key once, say so, and keep to it from then on",
      default: false,
      "x-env": "GENERIC_TRUST_ON_FIRST_USE",
    },
    jump: {
      type: "array",
      description: "Hosts to go through, [user@]host[:port], nearest first",
      items: {
        type: "string",
        pattern: "^([A-Za-z0-9_][A-Za-z0-9_.\\-]*@)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9][A-Za-z0-9.\\-]*)(:[0-9]{1,5})?$",
      },
      "x-env": "GENERIC_JUMP",
    },
  },
};

/** What `generic.host` wants, and all that is known of it: how to reach the host. */
export interface HostProps extends Data {
  host: string;
  port: number;
  user: string;
}

/** Options that were already validated, as the resource's props. Left out where not given, so that they compare equal. */
export function hostProps(options: Data): HostProps {
  const props: HostProps = {
    host: bareHost(String(options["ip-address"])),
    port: Number(options["ssh-port"] ?? 22),
    user: String(options["ssh-user"] ?? "root"),
  };
  if (options["ssh-key"]) props.keyPath = options["ssh-key"];
  if (options["host-key"]) props.fingerprint = options["host-key"];
  if (options["trust-on-first-use"] === true) props.trustOnFirstUse = true;
  if (Array.isArray(options.jump) && options.jump.length > 0) props.jump = options.jump;
  return props;
}

/** IPv6 addresses are often written in brackets; sockets want them without. */
const bareHost = (host: string): string =>
  isIP(host.replace(/^\[|\]$/g, "")) === 6 ? host.replace(/^\[|\]$/g, "") : host;

/** Throws `options.invalid` where the address is a URL, carries a user or a port, or cannot be a host at all. */
export function checkHost(given: string): void {
  const host = bareHost(given);
  if (isHostAddress(host)) return;
  if (host.includes("://")) throw wrongHost(given, "it is a URL", "Give the host alone, without scheme and path.");
  if (host.includes("@")) throw wrongHost(given, "it names a user", "Give the user with --generic-ssh-user.");
  if (/^[^:]+:\d+$/.test(host)) throw wrongHost(given, "it names a port", "Give the port with --generic-ssh-port.");
  if (!isHostAddress(host) && !/^[\d.]+$/.test(host))
    throw wrongHost(given, "it is neither an address nor a host name", "Give for example 192.0.2.7 or box.lan.");
  if (/^[\d.]+$/.test(host)) throw wrongHost(given, "it is no whole IPv4 address", "Give for example 192.0.2.7.");
}

const wrongHost = (given: string, why: string, hint: string): MachinistError =>
  new MachinistError(
    "options.invalid",
    `Option ip-address cannot be ${JSON.stringify(withoutUserInfo(given).slice(0, 80))}: ${why}`,
    {
      hint,
    },
  );
