import { isIP } from "node:net";
import { refused } from "./shown.ts";

declare const checked: unique symbol;
/** Text that came from a checking constructor of its kind, and from nowhere else. */
export type Checked<Kind extends string> = string & { readonly [checked]: Kind };

/** A host name, an IPv4 address, or an IPv6 address without brackets. */
export type HostAddress = Checked<"host address">;
/** `tcp://HOST:PORT`, IPv6 in brackets; or `unix:///PATH`. */
export type EngineUrl = Checked<"engine URL">;
/** A login name as systems take it. */
export type UserName = Checked<"user name">;

const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
/** An interface's name behind an IPv6 link-local address. */
const zone = /^[A-Za-z0-9._-]{1,15}$/;

/** Whether text is a host name (253 characters, labels of 63) or an IP address, IPv6 without brackets. */
export function isHostAddress(text: string): boolean {
  const [address = "", interfaceName, ...more] = text.split("%");
  if (interfaceName !== undefined) return more.length === 0 && isIP(address) === 6 && zone.test(interfaceName);
  if (isIP(text) !== 0) return true;
  const name = text.replace(/\.$/, "");
  // Digits and dots alone would be an address, and are none.
  return name.length <= 253 && !/^[\d.]*$/.test(name) && name.split(".").every((part) => label.test(part));
}

/** Throws `value.host`. */
export function hostAddress(value: unknown, what: string): HostAddress {
  if (typeof value === "string" && isHostAddress(value)) return value as HostAddress;
  throw refused("value.host", what, value, "It must be a host name or an IP address, such as box.example or 192.0.2.7");
}

/** A TCP port, 1 to 65535. Throws `value.port`. */
export function port(value: unknown, what: string): number {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535) return Number(value);
  throw refused("value.port", what, value, "It must be a number from 1 to 65535");
}

/** Throws `value.user`. What ssh would take for an option, a host or a command is none. */
export function userName(value: unknown, what: string): UserName {
  if (typeof value === "string" && /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,254}\$?$/.test(value)) return value as UserName;
  throw refused(
    "value.user",
    what,
    value,
    "It must be a login name: letters, digits, and any of _ . - @ \\ behind the first",
  );
}

/** Throws `value.engine-url`. */
export function engineUrl(value: unknown, what: string): EngineUrl {
  const [, host = "", digits = ""] = (typeof value === "string" && /^tcp:\/\/(.+):(\d{1,5})$/.exec(value)) || [];
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const isTcp =
    isHostAddress(bare) && (isIP(bare) !== 6) === (bare === host) && Number(digits) >= 1 && Number(digits) <= 65_535;
  const isUnix = typeof value === "string" && /^unix:\/\/\/[\w./@+-]+$/.test(value);
  if (isTcp || isUnix) return value as EngineUrl;
  throw refused("value.engine-url", what, value, "It must be tcp://HOST:PORT, such as tcp://192.0.2.7:2376");
}
