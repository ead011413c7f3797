import { MachinistError } from "@machinist/core";
import { inspect, matches } from "./inspect.ts";
import type { Pair } from "./sign.ts";

/** Throws `certs.unreadable`, `certs.ca-mismatch` or `certs.ca-expired` for a CA that can sign nothing. */
export function checkAuthority(authority: Pair, path: string): void {
  if (!isPair(authority, path))
    throw new MachinistError("certs.ca-mismatch", `${path} does not belong to the key beside it`, {
      hint: `Restore ${path} and ca-key.pem from a backup, or make a new authority: machinist regenerate-certs --ca`,
    });
  const { expires } = inspect(authority.cert);
  if (Date.parse(expires) <= Date.now()) {
    throw new MachinistError("certs.ca-expired", `The certificate authority in ${path} ended on ${expires}`, {
      hint: "Make a new one, on all machines: machinist regenerate-certs --ca",
    });
  }
}

/** Whether a CA's certificate and key belong together. Throws `certs.unreadable`. */
export function isPair({ cert, key }: Pair, path: string): boolean {
  try {
    return matches(cert, key);
  } catch (cause) {
    throw new MachinistError("certs.unreadable", `The certificate authority in ${path} cannot be read`, {
      cause,
      hint: `Restore ${path} and ca-key.pem from a backup, or move both away and type: machinist regenerate-certs --client-certs`,
    });
  }
}

export const caKeyMissing = (path: string): MachinistError =>
  new MachinistError("certs.ca-key-missing", `${path} is missing, so no certificate can be issued`, {
    hint: "Restore it, or make a new authority on all machines: machinist regenerate-certs --ca",
  });
