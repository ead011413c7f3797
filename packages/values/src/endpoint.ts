import { type Endpoint, shape } from "@machinist/core";
import { hostAddress, port, userName } from "./address.ts";
import { refused } from "./shown.ts";

/** What a type line and base64 are, as in authorized_keys; a comment may follow. */
const publicKey = /^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*(?: [\x20-\x7e]*)?$/;
const jumpHost = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*))(?::\d{1,5})?$/;

/**
 * How a driver says that a machine is reached, every part checked: they go into ssh's configuration, hosts files and
 * command lines. Throws `value.*`.
 */
export function checkedEndpoint(endpoint: Endpoint, machine: string): Endpoint {
  const of = (part: string) => `The ${part} of ${machine}`;
  const { forwards, hostKeys, jump, privateHost, keyPath, bootSecret, fingerprint } = endpoint;
  hostAddress(endpoint.host, of("address"));
  port(endpoint.port, of("SSH port"));
  userName(endpoint.user, of("SSH user"));
  if (privateHost !== undefined) hostAddress(privateHost, of("private address"));
  if (!shape.maybe(shape.isData)(forwards)) throw wrong(of("forwarded ports"), forwards);
  for (const [from, to] of Object.entries(forwards ?? {})) {
    port(Number(from), of("forwarded port"));
    port(to, of("forwarded port"));
  }
  for (const key of listIn(hostKeys, of("host keys"))) if (!isText(key, publicKey)) throw wrong(of("host key"), key);
  for (const hop of listIn(jump, of("jump hosts"))) if (!isText(hop, jumpHost)) throw wrong(of("jump host"), hop);
  for (const path of [keyPath, bootSecret]) if (path !== undefined) plainPath(path, of("key file"));
  if (fingerprint !== undefined && !isText(fingerprint, /^SHA256:[A-Za-z0-9+/]{43}=?$/))
    throw wrong(of("fingerprint"), fingerprint);
  return endpoint;
}

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === "string" && pattern.test(value);

/** Whatever a driver gives as a list; empty where there is none. */
function listIn(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw wrong(what, value);
}

/** A path that can stand in a line of a file. Throws `value.path`. */
export function plainPath(path: unknown, what: string): string {
  if (typeof path === "string" && path !== "" && !/[\u0000-\u001f\u007f]/.test(path)) return path;
  throw refused("value.path", what, path, "It must be a path without control characters");
}

const wrong = (what: string, value: unknown) =>
  refused("value.endpoint", what, value, "The driver gave it: ask whoever maintains the driver");
